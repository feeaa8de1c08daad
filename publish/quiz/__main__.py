import nbformat
from text2qti.qti import QTI

from publish.quiz import BANK, WRITTEN, read
from publish.quiz.cells import notebook
from publish.quiz.moodle import moodle
from publish.quiz.qti import qti

WRITTEN.mkdir(exist_ok=True)
for path in sorted(BANK.glob("*.txt")):
    quiz, to = read(path), WRITTEN / path.stem
    to.with_suffix(".xml").write_text(moodle(quiz), "utf-8", newline="\n")
    QTI(quiz).save(WRITTEN / f"{path.stem}_qti12.zip")
    (WRITTEN / f"{path.stem}_qti21.zip").write_bytes(qti(quiz, f"quiz-{path.stem}"))
    for letter, variant in (("A", 0), ("B", 1)):
        nbformat.write(notebook(quiz, variant), WRITTEN / f"{path.stem}_{letter}.ipynb")
    print(to)
