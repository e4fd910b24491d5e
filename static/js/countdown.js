// Visible countdowns, driven by attributes; the server enforces every one of them.
//   data-countdown="42"       text becomes the time left; at the end, data-countdown-end
//   data-enabled-after="42"   a button that cannot be pressed until then
//   data-hidden-after="42"    an element that has nothing to say after that
// Seconds count from the moment the element appears, so the two clocks need not agree.
(() => {
  const ends = new WeakMap();

  function secondsLeft(element, seconds) {
    if (!ends.has(element)) {
      ends.set(element, Date.now() + Number(seconds) * 1000);
    }
    return Math.max(0, Math.ceil((ends.get(element) - Date.now()) / 1000));
  }

  // The unit of the last minute, in the language of the page.
  const inSeconds = (seconds) => (document.body.dataset.wordSeconds || "# s").replace("#", seconds);

  function words(seconds) {
    if (seconds < 60) {
      return inSeconds(seconds);
    }
    const two = (number) => String(number).padStart(2, "0");
    const minutes = Math.floor(seconds / 60);
    const rest = two(seconds % 60);
    return minutes < 60
      ? `${minutes}:${rest}`
      : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
  }

  function tick() {
    for (const element of document.querySelectorAll("[data-countdown]")) {
      const left = secondsLeft(element, element.dataset.countdown);
      const text = left > 0 ? words(left) : element.dataset.countdownEnd;
      if (element.textContent !== text) {
        element.textContent = text;
      }
    }
    for (const button of document.querySelectorAll("[data-enabled-after]")) {
      button.disabled = secondsLeft(button, button.dataset.enabledAfter) > 0;
    }
    for (const element of document.querySelectorAll("[data-hidden-after]")) {
      element.hidden = secondsLeft(element, element.dataset.hiddenAfter) === 0;
    }
  }

  document.addEventListener("DOMContentLoaded", tick);
  document.addEventListener("htmx:load", tick);
  setInterval(tick, 500);
})();
