// Choosing rows across pages. The page's own checkboxes say what is chosen on it; what was chosen on
// other pages is remembered here until the filter changes or an act is done. Without scripts the
// checkboxes of one page, or all rows that match, are sent by the form itself.
"use strict";
(() => {
  const picked = new Set();
  const excepted = new Set();
  let all = false;
  let matching = 0;
  let more = false; // than that match
  let filter = null;
  let last = null; // the checkbox clicked before, where a range begins

  const bar = () => document.getElementById("bulk");
  const boxes = () => [...document.querySelectorAll("input[name=id][form=bulk]")];
  const isChosen = (key) => (all ? !excepted.has(key) : picked.has(key));

  const choose = (key, wanted) => {
    if (all) wanted ? excepted.delete(key) : excepted.add(key);
    else wanted ? picked.add(key) : picked.delete(key);
  };

  const forget = () => {
    picked.clear();
    excepted.clear();
    all = false;
    last = null;
  };

  const count = () => (all ? Math.max(0, matching - excepted.size) : picked.size);

  const say = (form) => {
    const number = count();
    const words = form.dataset;
    const tooMany = !all && number > Number(words.most);
    const shown = number.toLocaleString() + (all && more ? "+" : "");
    const text = shown === "1" ? words.one : words.many.replace("%s", shown);
    form.querySelector("output").textContent = tooMany ? words.tooMany : text;
    form.classList.toggle("on", number > 0);
    for (const button of form.querySelectorAll("[formaction]")) button.disabled = tooMany || !number;
  };

  const show = () => {
    const form = bar();
    if (!form) return forget();
    if (filter !== form.dataset.filter) forget();
    filter = form.dataset.filter;
    const rows = boxes();
    for (const box of rows) box.checked = isChosen(box.value);
    const chosen = rows.filter((box) => box.checked).length;
    const page = document.querySelector("[data-select-page]");
    if (page) {
      page.hidden = false;
      page.checked = chosen > 0 && chosen === rows.length;
      page.indeterminate = chosen > 0 && chosen < rows.length;
    }
    form.elements.all.checked = false; // what is chosen is put into the request below
    form.querySelector("[data-all]").hidden = true;
    form.querySelector("[data-select-none]").hidden = false;
    const offer = form.querySelector("[data-select-all]");
    const offered = !all && page?.checked && "more" in form.dataset;
    if (offered && offer.hidden) htmx.trigger(offer, "count");
    offer.hidden = !offered;
    say(form);
  };

  document.addEventListener("click", (event) => {
    const box = event.target.closest("input[name=id][form=bulk]");
    if (box) {
      const rows = boxes();
      const from = event.shiftKey && last ? rows.findIndex((row) => row.value === last) : -1;
      const to = rows.indexOf(box);
      const range = from < 0 ? [box] : rows.slice(Math.min(from, to), Math.max(from, to) + 1);
      for (const row of range) choose(row.value, box.checked);
      last = box.value;
      return show();
    }
    if (event.target.closest("[data-select-page]")) {
      for (const row of boxes()) choose(row.value, event.target.checked);
      return show();
    }
    const offer = event.target.closest("[data-select-all]");
    const counted = offer?.querySelector("[data-count]")?.dataset;
    if (counted) {
      all = true;
      matching = Number(counted.count);
      more = "more" in counted;
      excepted.clear();
      show();
      bar().querySelector("[formaction]:not(:disabled)")?.focus();
    }
    if (event.target.closest("[data-select-none]")) {
      forget();
      show();
      document.querySelector("[data-select-page]")?.focus();
    }
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, formData } = event.detail;
    if (!elt.matches("#bulk [formaction]")) return;
    formData.delete("id");
    formData.delete("all");
    if (all) {
      formData.set("all", "on");
      if (excepted.size) formData.set("except", [...excepted].join("."));
    } else formData.set("ids", [...picked].join("."));
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "main") forget(); // an act is done
  });
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:load", show);
})();
