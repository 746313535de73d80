import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import RunnableProgram from './RunnableProgram.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('RunnableProgram', RunnableProgram);
  },
} satisfies Theme;
