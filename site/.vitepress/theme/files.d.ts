/** Files that Vite makes modules of. */
declare module '*.vue' {
  const component: import('vue').DefineComponent;
  export default component;
}
declare module '*.css';
declare module '*?url' {
  const url: string;
  export default url;
}
