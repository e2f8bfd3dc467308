(root, name) => {
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    import(`${root}/${name}.js`).then((program) =>
      program.default({ module_or_path: `${root}/${name}.wasm` }).then(() => program.hydrate()));
  };
  // A frame is painted between the callback and the task that it leaves.
  requestAnimationFrame(() => setTimeout(begin));
  setTimeout(begin, 1000);
}
