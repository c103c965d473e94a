// Questions are put in order with mouse or finger; the buttons beside each do the same by keyboard and without script.

import { enliven } from "./page.js";
import { send } from "./forms.js";

const move = (row, to) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: row.dataset.move });
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "to", value: to }));
  send(form);
};

const grip = (row) => {
  const list = row.parentElement;
  const handle = Object.assign(document.createElement("span"), { className: "grip", textContent: "⠿", ariaHidden: "true", title: "Drag to move" });
  let from = -1;
  const place = () => [...list.children].indexOf(row);
  const end = (event) => {
    if (from < 0) return;
    row.classList.remove("dragged");
    const [began, to] = [from, place()];
    from = -1;
    if (event.type === "pointerup" && to !== began) move(row, to);
    if (event.type === "pointercancel") list.insertBefore(row, list.children[began + (to < began ? 1 : 0)] ?? null);
  };
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    from = place();
    row.classList.add("dragged");
  });
  handle.addEventListener("pointermove", (event) => {
    if (from < 0) return;
    const middle = (other) => { const box = other.getBoundingClientRect(); return box.top + box.height / 2; };
    const before = row.previousElementSibling, after = row.nextElementSibling;
    // Moving an element lets go of the pointer in some browsers; its neighbour is moved instead.
    if (before && event.clientY < middle(before)) row.after(before);
    else if (after && event.clientY > middle(after)) row.before(after);
  });
  for (const kind of ["pointerup", "pointercancel"]) handle.addEventListener(kind, end);
  row.prepend(handle);
};

enliven(() => { for (const row of document.querySelectorAll("[data-move]")) grip(row); });
