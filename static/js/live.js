// Live regions: an element with data-poll="5" and hx-trigger="poll" is asked for every 5 seconds
// while somebody can see it. The server ends it by answering with a region that has no data-poll.
"use strict";
(() => {
  const due = new WeakMap();
  const last = new WeakMap(); // region → the answer it shows
  const arriving = new Map(); // id of a region being replaced → that answer

  const busy = (region) =>
    document.hidden || region.classList.contains("htmx-request") || region.querySelector(".dropdown-menu.show");

  setInterval(() => {
    const now = Date.now();
    for (const region of document.querySelectorAll("[data-poll]")) {
      const period = Number(region.dataset.poll) * 1000;
      if (!due.has(region)) due.set(region, now + period);
      if (now < due.get(region) || busy(region)) continue;
      due.set(region, now + period);
      htmx.trigger(region, "poll");
    }
  }, 500);

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const region of document.querySelectorAll("[data-poll]")) due.set(region, 0);
  });

  // An unchanged answer is not put in: a selection or an open fold in the region stays.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, xhr } = event.detail;
    if (!elt.dataset?.poll || event.detail.isError) return;
    if (last.get(elt) === xhr.responseText) event.detail.shouldSwap = false;
    last.set(elt, xhr.responseText);
    arriving.set(elt.id, xhr.responseText);
  });
  document.addEventListener("htmx:load", (event) => {
    const { elt } = event.detail;
    if (elt.dataset?.poll && arriving.has(elt.id)) last.set(elt, arriving.get(elt.id));
    arriving.delete(elt.id);
  });
})();
