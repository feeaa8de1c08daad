// What reveal.js shall do, and what it does not: make a slide fit, show less of a deck, leave the keys to a widget that
// has the focus, and let a presenter's clicker turn the slides all the same.
{
  const WIDTH = 1280, HEIGHT = 720;
  const SCALES = [1, 0.95, 0.9, 0.85, 0.8, 0.75]; // of a slide
  const HEIGHTS = [1, 0.85, 0.7, 0.6, 0.5, 0.4]; // of a widget's panels
  const READABLE = 18 / (10.5 / 72 * 100); // of a figure's own height: below it, its letters have less than 18 pixels
  const FORMS = ["details", "states", "states alone"]; // what of a widget is shown: deck.css

  // The address may ask for less: ?core ends with the core, and ?questions has no answers.
  const wanted = new URLSearchParams(location.search);
  const slides = document.querySelector(".slides");
  if (wanted.has("core")) {
    const end = document.getElementById("what-comes-after-the-core").closest(".slides > section");
    while (end.nextElementSibling) end.nextElementSibling.remove();
  }
  if (wanted.has("questions")) {
    slides.querySelectorAll(".fragment").forEach((answer) => answer.remove());
    let before = "";
    for (const slide of slides.querySelectorAll("section > section")) {
      const title = slide.querySelector(".says"), text = title?.textContent;
      const isBare = title && [...slide.children].every((part) => part.matches("aside") || part.contains(title));
      if (isBare && (text === before || !title.matches(".asks"))) slide.remove();
      before = text;
    }
    slides.querySelectorAll(":scope > section:empty").forEach((stack) => stack.remove());
  }

  // What stands above a picture leaves it room, a picture is made lower, a widget is shown in a more compact form, and the text is drawn smaller, until all fits.
  const over = (slide) => slide.scrollHeight - slide.clientHeight;
  const fits = (slide) => over(slide) <= 1
    && ![...slide.querySelectorAll("pre, .shown, .equation, table")].some((part) => part.scrollWidth > part.clientWidth + 1);
  const fit = (slide) => {
    const set = (name, value) => slide.style.setProperty(name, value);
    const draw = (scale) => {
      set("--scale", scale);
      set("--seen", scale * Reveal.getScale());
      set("zoom", scale);
      set("width", `${WIDTH / scale}px`);
      set("height", `${HEIGHT / scale}px`);
    };
    draw(1);
    set("--z", 1);
    if (slide.dataset.whole) return delete slide.dataset.compact;
    delete slide.dataset.picture;
    for (const image of slide.querySelectorAll("img")) {
      image.style.maxHeight = "";
      if (image.height - Math.max(0, over(slide)) < READABLE * image.naturalHeight) slide.dataset.picture = "yes";
      if (over(slide) > 0) image.style.maxHeight = `${Math.max(image.height - over(slide), image.height / 2)}px`;
    }
    const compact = (form, high) => {
      slide.dataset.compact = form;
      set("--z", high);
    };
    const forms = FORMS.flatMap((form) => HEIGHTS.map((high) => () => compact(form, high)));
    const tries = [...(slide.querySelector(".seqmem") ? forms : []), ...SCALES.map((scale) => () => draw(scale))];
    tries.some((change) => (change(), fits(slide)));
  };

  const theme = document.getElementById("theme"), whole = document.getElementById("whole");
  const shown = (slide) => {
    if (!slide) return;
    fit(slide);
    whole.hidden = !slide.querySelector(".seqmem");
    whole.setAttribute("aria-pressed", Boolean(slide.dataset.whole));
  };
  whole.addEventListener("click", () => {
    const slide = Reveal.getCurrentSlide();
    slide.dataset.whole = slide.dataset.whole ? "" : "yes";
    shown(slide);
  });
  // A button that was clicked gives the keys back; one that was reached by the Tab key stays where it is.
  for (const tool of [theme, whole]) tool.addEventListener("click", ({ detail }) => detail && tool.blur());

  const control = (node) => node?.closest?.(".seqmem, a, button, summary"); // a key in the speaker's window has no node
  const isFree = ({ target, key }) => !control(target) || (target.matches(".tool") && key.startsWith("Arrow"));
  Reveal.initialize({
    width: WIDTH, height: HEIGHT, margin: 0.02, center: false, hash: true, slideNumber: "c/t", transition: "none",
    pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1,
    plugins: [RevealNotes],
    keyboardCondition: isFree,
  });
  // A widget draws itself after its slide is there, and grows when somebody works with it.
  const grown = new ResizeObserver((all) => all.forEach(({ target }) => {
    const slide = target.closest("section");
    if (slide.matches(".present, .pdf-page *") && !fits(slide)) fit(slide);
  }));
  Reveal.on("ready", ({ currentSlide }) => {
    shown(currentSlide);
    slides.querySelectorAll(".seqmem").forEach((widget) => grown.observe(widget));
  });
  Reveal.on("slidechanged", ({ currentSlide }) => shown(currentSlide));
  Reveal.on("pdf-ready", () => Reveal.getSlides().forEach(fit));

  document.addEventListener("keydown", (event) => {
    if (!control(event.target)) return;
    if (event.key === "Escape") event.target.blur();
    if (event.key === "PageDown") Reveal.next();
    if (event.key === "PageUp") Reveal.prev();
    if (event.key.startsWith("Page")) event.preventDefault();
  }, true);
}
