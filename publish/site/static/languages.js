// The other language opens at the section that is on the screen: sections have the same names in both.
addEventListener("DOMContentLoaded", () => {
  const link = document.querySelector("a.language");
  link.addEventListener("click", () => {
    const above = [...document.querySelectorAll("article section section[id]")].filter((section) => {
      return section.checkVisibility() && section.getBoundingClientRect().top < innerHeight / 3;
    });
    link.hash = above.at(-1)?.id ?? "";
  });
});
