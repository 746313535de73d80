const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => fetch('/decided', { method: 'POST', body: JSON.stringify(data) });
worker.onerror = ({ message }) => fetch('/decided', { method: 'POST', body: JSON.stringify(message) });
worker.postMessage([
  [1, 0],
  [0, 1],
  [9, 9],
]);
