// @ts-check
/** Answers /loss with a loss and everything else with nothing. */
/** @param {() => number | Promise<number>} firstLoss */
export const worker = (firstLoss) => ({
  /** @param {Request} request */
  async fetch(request) {
    if (!request.url.endsWith('/loss')) return Response.json({});
    try {
      return Response.json({ loss: await firstLoss() });
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
});
