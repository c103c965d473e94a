// Where the panel is on a small screen, also when half of it is a keyboard, and where the Tab key leads.

/** The panel takes the whole screen below this width or height. */
const SMALL = "(max-width: 480px), (max-height: 420px)";

/** Fits the panel to what is seen of the screen. Returns what undoes it. */
export const fitted = (panel, sheet, changed) => {
  const small = matchMedia(SMALL);
  const view = window.visualViewport;
  const fit = () => {
    panel.classList.toggle("whole", small.matches);
    // Without this, a keyboard lies over the field, and the page behind moves instead.
    const rule = small.matches && view ? `.panel { --top: ${Math.round(view.offsetTop)}px; --height: ${Math.round(view.height)}px; }` : "";
    sheet.replaceSync(rule);
    changed(small.matches);
  };
  fit();
  small.addEventListener("change", fit);
  view?.addEventListener("resize", fit);
  view?.addEventListener("scroll", fit);
  return () => {
    small.removeEventListener("change", fit);
    view?.removeEventListener("resize", fit);
    view?.removeEventListener("scroll", fit);
  };
};

/** Whether the panel hides the page, so that nothing of the page may have the focus. */
export const isWhole = (panel) => panel.classList.contains("whole");

/** Leads the Tab key from the last place to the first, and back. */
export const stayWithin = (panel, event) => {
  const places = [...panel.querySelectorAll("button, a[href], input, textarea, [tabindex='0']")].filter((place) => place.checkVisibility());
  const [first, last] = [places[0], places.at(-1)];
  const here = panel.getRootNode().activeElement;
  const isOut = !places.includes(here);
  if (event.shiftKey ? here === first || isOut : here === last || isOut) {
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }
};
