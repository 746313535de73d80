/** Hands what `act` gives to the server of the page, or why it gave nothing. */
export async function report(act) {
  let value;
  try {
    value = await act();
  } catch (error) {
    value = { error: String(error?.stack ?? error) };
  }
  await fetch('/report', { method: 'POST', body: JSON.stringify(value) });
}
