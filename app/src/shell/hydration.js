(root, name) => {
  const painted = new Promise((resolve) => {
    new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
    setTimeout(resolve, 1000);
  });
  painted
    .then(() => import(`${root}/${name}.js`))
    .then((program) => program.default({ module_or_path: `${root}/${name}.wasm` }).then(() => program.hydrate()));
}
