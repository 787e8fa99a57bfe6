/* Explorers: sliders move an index through a table that the build computed; there is no physics in here. */
(() => {
  "use strict";
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, key) => values[key]);

  const start = (section) => {
    const table = JSON.parse(section.querySelector("script[type='application/json']").textContent);
    const inputs = table.axes.map((axis) => section.querySelector(`input[data-axis="${axis.key}"]`));
    const sizes = table.axes.map((axis) => axis.shown.length);
    const curves = section.querySelectorAll(".explorer-curve");
    const points = section.querySelectorAll(".explorer-point");
    const result = section.querySelector(".explorer-result");
    const flat = (indices) => indices.reduce((place, index, axis) => place * sizes[axis] + index, 0);

    const update = () => {
      const at = inputs.map((input) => Number(input.value));
      const here = flat(at);
      const values = {};
      table.axes.forEach((axis, i) => {
        values[axis.key] = axis.shown[at[i]];
        inputs[i].setAttribute("aria-valuetext", axis.shown[at[i]]);
        inputs[i].parentElement.querySelector("output").textContent = axis.shown[at[i]];
      });
      table.panels.forEach((panel, i) => {
        const heights = table.heights[panel];
        const path = [];
        for (let x = 0; x < sizes[0]; x += 1) {
          const y = heights[flat([x, ...at.slice(1)])];
          if (y !== null) path.push(`${table.horizontal[x]},${y}`);
        }
        curves[i].setAttribute("points", path.join(" "));
        points[i].setAttribute("cx", table.horizontal[at[0]]);
        points[i].setAttribute("cy", heights[here] ?? table.floor);
      });
      for (const [key, shown] of Object.entries(table.quantities)) values[key] = shown[here];
      const words = `${fill(table.sentence, values)} ${table.verdicts[table.verdict[here]]}`;
      result.textContent = words;
      section.querySelector("svg").setAttribute("aria-label", `${table.picture} ${words}`);
    };

    for (const input of inputs) input.addEventListener("input", update);
    section.querySelector(".explorer-controls").hidden = false;
    update();
  };

  const all = () => document.querySelectorAll("[data-explorer]").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
