(root, name) => {
  // Taking the page over sets its fields to what the server rendered. What a reader has done to them by then is done
  // again, in the same order, and the program is told.
  const touched = new Map();
  const told = ["input", "toggle"];
  const touch = ({ target }) => {
    const state = target instanceof HTMLDetailsElement ? "open" : ["checkbox", "radio"].includes(target.type) ? "checked" : "value";
    touched.delete(target);
    touched.set(target, [state, target[state]]);
  };
  const stop = () => told.forEach((type) => document.removeEventListener(type, touch, true));
  const doAgain = () => {
    for (const [element, [state, is]] of touched) {
      // Half of a number or of a date reads as nothing, and would be gone.
      if (element[state] !== is) element[state] = is;
      for (const type of state === "open" ? ["toggle"] : ["input", "change"]) {
        element.dispatchEvent(new Event(type, { bubbles: state !== "open" }));
      }
    }
  };
  told.forEach((type) => document.addEventListener(type, touch, true));
  const painted = new Promise((resolve) => {
    new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
    setTimeout(resolve, 1000);
  });
  painted
    .then(() => import(`${root}/${name}.js`))
    .then((program) => program.default({ module_or_path: `${root}/${name}.wasm` }).then(() => program.hydrate()))
    .finally(stop)
    .then(() => {
      doAgain();
      // The page answers to clicks and keys from here on; browser tests and measurements wait for it.
      document.documentElement.dataset.hydrated = "";
    });
}
