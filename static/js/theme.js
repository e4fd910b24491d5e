// Runs before the page is painted, so that a dark page never flashes white.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const wished = () => {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // storage can be forbidden
    }
  };
  const apply = () => {
    const theme = wished() === "auto" ? (dark.matches ? "dark" : "light") : wished();
    document.documentElement.dataset.bsTheme = theme;
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.classList.toggle("active", button.dataset.theme === wished());
      button.setAttribute("aria-pressed", String(button.dataset.theme === wished()));
    }
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme]");
    if (!button) return;
    try {
      localStorage.setItem("theme", button.dataset.theme);
    } catch {
      document.documentElement.dataset.bsTheme = button.dataset.theme;
    }
    apply();
  });
})();
