// Light or dark: as the reader chose, else as the system says. The choice is kept, where the browser lets us.
{
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const store = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* for this page only */ } };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const set = (theme) => {
    root.dataset.theme = theme;
    document.getElementById("theme")?.setAttribute("aria-pressed", theme === "dark");
  };
  set(stored() ?? (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => { if (!stored()) set(system.matches ? "dark" : "light"); });
  document.addEventListener("DOMContentLoaded", () => {
    set(root.dataset.theme);
    document.getElementById("theme").addEventListener("click", () => {
      set(root.dataset.theme === "dark" ? "light" : "dark");
      store(root.dataset.theme);
    });
  });
}
