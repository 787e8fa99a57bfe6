/* The reader's route: a leader finds code folded, an engineer finds it open. Remembered on this device only. */
(() => {
  "use strict";
  const KEY = "course-route";
  const remember = (route) => { try { localStorage.setItem(KEY, route); } catch { /* private mode: not remembered */ } };
  const recall = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const known = (route) => (route === "engineer" ? "engineer" : "leader");

  const apply = (route) => {
    document.documentElement.dataset.route = route;
    for (const fold of document.querySelectorAll("details.fold-code, details.fold-deeper")) fold.open = route === "engineer";
    for (const input of document.querySelectorAll(".route-switch input")) input.checked = input.value === route;
  };

  const start = () => {
    for (const fieldset of document.querySelectorAll(".route-switch")) {
      fieldset.hidden = false;
      fieldset.addEventListener("change", (event) => { remember(event.target.value); apply(event.target.value); });
    }
    for (const route of ["leader", "engineer"]) {
      for (const link of document.querySelectorAll(`.route-${route} a`)) link.addEventListener("click", () => remember(route));
    }
    apply(known(recall()));
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();

  // A formula wider than its column scrolls by itself, so it must be reachable with the keyboard.
  const reachable = () => {
    for (const box of document.querySelectorAll("math[display=block], .wide-formula, .output, .highlight pre")) {
      if (box.scrollWidth <= box.clientWidth + 1) continue;
      box.tabIndex = 0;
      if (box.localName !== "math" && !box.hasAttribute("role")) box.setAttribute("role", "group");  // a formula has a role
    }
  };
  addEventListener("load", reachable);
  addEventListener("resize", reachable);
  addEventListener("toggle", reachable, true);

  // On paper answers are open; code and depths as the reader's route has them.
  const printed = () => (document.documentElement.dataset.route === "engineer" ? "details.fold:not([open])" : "details.fold:not([open], .fold-code, .fold-deeper)");
  let closed = [];
  addEventListener("beforeprint", () => { closed = [...document.querySelectorAll(printed())]; for (const fold of closed) fold.open = true; });
  addEventListener("afterprint", () => { for (const fold of closed) fold.open = false; });
})();
