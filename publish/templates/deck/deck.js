// What reveal.js shall do, and three things that it does not: make a slide fit, leave the keys to a widget that has the
// focus, and let a presenter's clicker turn the slides all the same.
{
  const WIDTH = 1280, HEIGHT = 720, SMALLEST = 0.7, LARGEST = 1.3;

  // A slide with too much on it is drawn smaller, as a whole, and a widget as large as there is room for. What does not
  // fit then, because the text would be too small for a room, can be scrolled to.
  const fit = (slide) => {
    if (!slide) return;
    const parts = [...slide.querySelectorAll("pre, .shown, .equation, table")];
    for (let scale = slide.querySelector(".seqmem") ? LARGEST : 1; scale > SMALLEST - 0.01; scale -= 0.05) {
      slide.style.zoom = slide.dataset.scale = scale.toFixed(2);
      slide.style.width = `${WIDTH / scale}px`;
      slide.style.height = `${HEIGHT / scale}px`;
      const wide = parts.some((part) => part.scrollWidth > part.clientWidth + 1);
      if (!wide && slide.scrollHeight <= slide.clientHeight + 1) return;
    }
  };

  const control = (node) => node.closest?.(".seqmem, a, button, summary");
  Reveal.initialize({
    width: WIDTH, height: HEIGHT, margin: 0.02, center: false, hash: true, slideNumber: "c/t", transition: "none",
    pdfSeparateFragments: false,
    plugins: [RevealNotes],
    keyboardCondition: (event) => !control(event.target),
  });
  Reveal.on("ready", ({ currentSlide }) => fit(currentSlide));
  Reveal.on("slidechanged", ({ currentSlide }) => fit(currentSlide));
  Reveal.on("pdf-ready", () => Reveal.getSlides().forEach(fit));

  document.addEventListener("keydown", (event) => {
    if (!control(event.target)) return;
    if (event.key === "Escape") event.target.blur();
    if (event.key === "PageDown") Reveal.next();
    if (event.key === "PageUp") Reveal.prev();
    if (event.key.startsWith("Page")) event.preventDefault();
  }, true);
}
