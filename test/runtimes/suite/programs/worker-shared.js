import { CenterLoss } from 'center-loss';

// Rows and labels in memory that another thread shares, and the same ones copied.
addEventListener('message', ({ data: { x, target } }) => {
  const results = [new CenterLoss(10, 8, { seed: 1 }), new CenterLoss(10, 8, { seed: 1 })].map((loss, place) => {
    const { gradX, ...rest } = loss.gradients(place ? x.slice() : x, place ? target.slice() : target);
    return JSON.stringify([
      rest.loss,
      [...gradX],
      [...rest.gradCenters],
      [...loss.centers.predict(place ? x.slice() : x)],
    ]);
  });
  postMessage({
    shared: x.buffer instanceof SharedArrayBuffer,
    equal: results[0] === results[1],
    length: results[0].length,
  });
});
