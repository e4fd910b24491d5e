// Live tail of the Log Service: new rows come in at the top while it is on; P pauses and resumes.
// What one reads stays where it is. Whether it is on is kept until the tab is closed.
"use strict";
(() => {
  const MOST = 1000; // rows on the page, then it begins anew
  const on = () => sessionStorage.getItem("tail") === "on";
  const rows = () => document.getElementById("log-rows");

  const show = () => {
    const button = document.getElementById("tail");
    if (!button) return;
    button.hidden = false;
    button.setAttribute("aria-pressed", String(on()));
  };

  const look = () => {
    const region = document.getElementById("log-new");
    if (region) htmx.trigger(region, "poll");
  };

  const toggle = () => {
    sessionStorage.setItem("tail", on() ? "off" : "on");
    show();
    if (on()) look();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("#tail")) toggle();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key !== "p" || typing || !plain || !document.getElementById("tail")) return;
    event.preventDefault();
    toggle();
  });

  // Only the newest page grows; an empty one has no rows to grow, so it is fetched anew.
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = event.detail;
    if (elt.id === "log-new" && on() && "tail" in elt.dataset && rows()) parameters.tail = "on";
  });

  let kept = null; // a row and where it stands, for as long as rows come in above it
  const reading = (list) =>
    list.getBoundingClientRect().top < 0 || list.querySelector("[open]") || list.contains(document.activeElement);

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const list = rows();
    if (event.detail.target !== list) return;
    // The server tells of the last seconds again: on its way into the log one may overtake another.
    for (const row of [...event.detail.fragment.querySelectorAll("details[id]")]) {
      if (document.getElementById(row.id)) row.remove();
    }
    kept = null;
    if (!reading(list)) return;
    const row = [...list.children].find((each) => each.getBoundingClientRect().bottom > 0);
    if (row) kept = { row, top: row.getBoundingClientRect().top };
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target !== rows()) return;
    if (kept) window.scrollBy({ top: kept.row.getBoundingClientRect().top - kept.top, behavior: "instant" });
    kept = null;
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const chip = document.querySelector("#log-new[data-tail] a");
    const full = rows() && rows().childElementCount > MOST && !reading(rows());
    if (event.detail.target.id !== "log-new" || !on()) return;
    if (full || (chip && (!rows() || !reading(rows())))) {
      htmx.ajax("GET", location.pathname + location.search, { target: "#log-list", swap: "outerHTML" });
    }
  });

  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:load", show);
})();
