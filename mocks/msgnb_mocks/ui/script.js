// Refreshes the parts of the page that changed; the page works without it.
// What every address of the page has, the one of this script too; it works together with the cookie only.
const view = new URL(document.currentScript.src).searchParams.get("view");
const address = new URL(location);
if (address.searchParams.has("token")) {
  // The token need not stay in the address and the history.
  address.searchParams.delete("token");
  address.searchParams.set("view", view);
  history.replaceState(null, "", address);
}
const toEnd = () => { const lines = document.querySelector(".lines"); if (lines) lines.scrollTop = lines.scrollHeight; };
let asked = false, again = false;
async function renew() {
  if (asked) { again = true; return; }
  asked = true;
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  }
  toEnd();
  asked = false;
  if (again) { again = false; renew(); }
}
toEnd();
const events = new EventSource(`/phones/events?view=${view}`);
// Changes between the loading of the page and this are fetched when it opens, and after each break.
events.onopen = events.onmessage = renew;
