(root, name) => {
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    import(`${root}/${name}.js`).then((program) =>
      program.default({ module_or_path: `${root}/${name}.wasm` }).then(() => program.hydrate()));
  };
  new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
  setTimeout(begin, 1000);
}
