"""What `make` runs, on any system: `python make.py lab`, `python make.py test`, ...

Standard library only, and old syntax, so that an old Python reaches the message that says it is too old.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)  # for which there are builds of what constraints.txt pins
# What the default build of PyTorch on Linux can use: it is made with CUDA 13. constraints.txt names both.
OLDEST_DRIVER = 580
OLDEST_GPU = 7.5  # its compute capability; 7.5 is Turing, of 2018
LONGEST_ROOT = 66  # on Windows, where a path has 259 characters at most: PyTorch's longest below .venv leaves so many
CPU_TORCH = "https://download.pytorch.org/whl/cpu"
FIRST = "01_rnn_gradient_decay.ipynb"
ANNOUNCEMENTS = "@jupyterlab/apputils-extension:announcements"

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(VENV, "bin", "python")
# Matplotlib's settings and its list of fonts: not those of the user, whose style, or whose list of fonts that are gone,
# would change the figures and make the notebooks' check fail.
os.environ["MPLCONFIGDIR"] = os.path.join(VENV, "matplotlib")


def say(message):
    print("seqmem: " + message)
    sys.stdout.flush()


def fail(message):
    sys.exit("seqmem: " + message)


def run(*command, **options):
    """Run a command, in the repository's folder unless told otherwise, and return its exit status."""
    output = subprocess.DEVNULL if options.get("quiet") else None
    child = subprocess.Popen(list(command), cwd=options.get("cwd", ROOT), stdout=output, stderr=output)
    try:
        return child.wait()
    except KeyboardInterrupt:
        # The child got it too. It may ask back, as JupyterLab does, or have things to put away.
        while child.poll() is None:
            try:
                child.wait()
            except KeyboardInterrupt:
                continue
        raise


# --- Setting up --------------------------------------------------------------------------------------------


def fingerprint():
    """What an installation depends on, as two lines: the Python and the folder, and what is to be installed."""
    place = hashlib.sha256((sys.version + ROOT).encode("utf-8"))
    wanted = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt", "make.py"):
        with open(os.path.join(ROOT, name), "rb") as file:
            wanted.update(file.read())
    return place.hexdigest() + "\n" + wanted.hexdigest()


def stamp(extra):
    return os.path.join(VENV, "installed-" + extra)


def read_stamp(extra):
    if not (os.path.exists(stamp(extra)) and os.path.exists(PYTHON)):
        return ""
    with open(stamp(extra)) as file:
        return file.read()


def set_up(extra):
    """Create .venv and install what `extra` ("lab" or "test") needs, unless that is done already."""
    if read_stamp(extra) == fingerprint():
        return
    # Add to what is there if it was finished, by this Python and in this folder; else begin anew. The stamps go first
    # and come back last, so that an interrupted installation has none.
    place = fingerprint().split()[0]
    finished = place in (read_stamp("lab") + "\n" + read_stamp("test")).split()
    for path in [stamp(name) for name in ("lab", "test") if os.path.exists(stamp(name))]:
        os.remove(path)
    say("setting up .venv (once; about a minute on a good connection)")
    if run(sys.executable, "-m", "venv", VENV, *([] if finished else ["--clear"])):
        debian = "on Debian and Ubuntu, `apt install python3-venv` provides what is missing."
        fail("could not create .venv; " + how_to_go_on(debian))
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-c", "constraints.txt"]
    install_torch(pip)
    project = ".[test]" if extra == "test" else "."
    if run(*(pip + ["-qq", "-e", project])):
        fail("the installation did not finish (see above); " + how_to_go_on())
    # The lessons need no network: JupyterLab shall not ask about news or look for updates.
    run(PYTHON, "-m", "jupyter", "labextension", "disable", ANNOUNCEMENTS, quiet=True)
    # Matplotlib lists the fonts once. If that is slow it says so, which is no output of a notebook: so do it here.
    run(PYTHON, "-c", "import matplotlib.font_manager", quiet=True)
    for name in ("lab", "test") if extra == "test" else ("lab",):
        with open(stamp(name), "w") as file:
            file.write(fingerprint())


def how_to_go_on(elsewhere="run the same command again to retry."):
    """What helps when an installation failed, as the end of a sentence: two things on Windows, one elsewhere."""
    if os.name != "nt":
        return elsewhere
    advice = "close JupyterLab, because Windows locks the files of a program that runs"
    if len(ROOT) > LONGEST_ROOT:
        advice += ", move this folder, whose path has " + str(len(ROOT)) + " characters, to where it has at most "
        advice += str(LONGEST_ROOT) + ", because Windows finds no file whose path is too long"
    return advice + ", and run the same command again."


def install_torch(pip):
    """Install PyTorch first: on Linux without an NVIDIA GPU that it can use the CPU build, which saves gigabytes."""
    why_cpu = why_no_gpu() if sys.platform == "linux" else ""
    # Without its dependencies, because the other index must serve torch alone. One that cannot be reached is
    # skipped by pip, and the default index serves the default build.
    source = ["--no-deps", "--retries", "1", "--extra-index-url", CPU_TORCH] if why_cpu else []
    if run(*(pip + source + ["torch"])):
        fail("PyTorch could not be installed (see above); " + (no_build_of_torch() or how_to_go_on()))
    script = "from importlib.metadata import version; print(version('torch'))"
    build = subprocess.check_output([PYTHON, "-c", script], cwd=ROOT).decode().strip()
    if why_cpu and build.endswith("+cpu"):
        say(why_cpu + ", so this is the CPU build of PyTorch, " + build)
    elif why_cpu:
        say("the CPU build of PyTorch was not to be had; this is " + build)
    else:
        say("this is PyTorch " + build)


def no_build_of_torch():
    """What to do on a machine for which PyTorch publishes nothing to install; an empty text elsewhere."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        this = "a Mac with an Intel processor (if yours has one of Apple's, use a Python made for that)"
    elif sys.platform == "darwin" and int(platform.mac_ver()[0].split(".")[0] or 14) < 14:
        this = "macOS before 14 (update it, if your Mac can)"
    elif sysconfig.get_platform() == "win-arm64":
        this = "Windows on ARM"
    elif sys.maxsize < 2**32:
        this = "a Python of 32 bits (install one of 64)"
    else:
        return ""
    return "there is no build of it for " + this + "; Binder, Colab and Linux run the notebooks too."


def why_no_gpu():
    """Why PyTorch could not use a GPU here; an empty text if it can."""
    program = shutil.which("nvidia-smi")
    if program is None or run(program, "-L", quiet=True):
        return "no NVIDIA GPU found"
    asked = [program, "--query-gpu=driver_version,compute_cap", "--format=csv,noheader"]
    try:
        answers = subprocess.check_output(asked).decode().split()  # "580.65.06,", "9.0", and so for each GPU
        driver, power = int(answers[0].split(".")[0]), max(map(float, answers[1::2]))
    except (subprocess.CalledProcessError, ValueError, IndexError):
        driver, power = 0, 0.0  # a driver that does not know the question is older still
    if driver < OLDEST_DRIVER:
        this = "the NVIDIA driver is older than " + str(OLDEST_DRIVER) + ", which PyTorch needs"
        return this + " (to use the GPU, update the driver and delete .venv)"
    if power < OLDEST_GPU:
        return "PyTorch no longer supports a GPU as old as this one"
    return ""


# --- What the targets do -----------------------------------------------------------------------------------


def language_of(arguments):
    """The language that LANGUAGE=zh asks for, empty for English, and the other arguments."""
    others = [one for one in arguments if not one.startswith("LANGUAGE=")]
    named = "".join([one[len("LANGUAGE=") :] for one in arguments if one not in others][-1:])
    return named if named != "en" else "", others


def lab(arguments):
    """Open JupyterLab where a reader begins, with its token, reachable from this machine only."""
    language, arguments = language_of(arguments)
    if language:
        os.environ["SEQMEM_LANGUAGE"] = language  # for the kernels
        if run(PYTHON, "-m", "publish.edition", language):
            return 1  # it has said why
    folder = os.path.join(ROOT, "_" + language if language else "notebooks")
    options = ["--ServerApp.ip=127.0.0.1", "--config=" + os.path.join(ROOT, "binder", "jupyter_config.py")]
    options.append("--LabApp.default_url=/lab/tree/" + FIRST)  # not the launcher, which says nothing
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # a container; Jupyter refuses otherwise
    return run(PYTHON, "-m", "jupyterlab", *(options + arguments), cwd=folder)


def test(arguments):
    """Every check there is. Arguments go to pytest, which then runs alone."""
    return run(PYTHON, "-m", *(["pytest"] + arguments if arguments else ["tests.every"]))


def module(name):
    """A target that runs this module of the repository."""
    return lambda arguments: run(PYTHON, "-m", name, *arguments)


TARGETS = {
    "lab": lab,
    "test": test,
    "shake": module("tests.shake"),  # the notebooks, as on processors that nobody tried
    "notebooks": module("publish.execute"),  # runs them and stores their outputs, as they are committed
    "translate": module("publish.translate"),  # brings the catalogues in step with the English, and says what is to do
    "environment": module("binder.generate"),  # writes the files of conda and Binder from pyproject.toml
    "figures": module("figures.draw"),  # the pictures of the README
    "results": module("figures.measure"),  # the long experiments whose tables the notebooks show
    "site": module("publish.site"),  # the notebooks as pages, with widgets that work there, in _site/
    "student": module("publish.student"),  # the notebooks without their solutions, to hand out, in _student/
    "grade": module("publish.grade"),  # points for what students handed in, in _grades/
    "quiz": module("publish.quiz"),  # multiple-choice questions, for Moodle, Canvas, QTI and nbgrader, in _quiz/
    "slides": module("publish.slides"),  # a deck for every notebook, in _slides/
    "mutate": module("tests.mutation"),  # small changes to a file, and those that no test noticed
    "bench": module("tests.bench"),  # what the README claims about speed, as ratios within one run
}


def main(arguments):
    if not OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        oldest, newest, this = (
            ".".join(map(str, version[:2])) for version in (OLDEST_PYTHON, NEWEST_PYTHON, sys.version_info)
        )
        named = "py -" + newest + " make.py lab" if os.name == "nt" else "make lab PYTHON=python" + newest
        fail("this needs Python " + oldest + " to " + newest + ", not " + this + "; name one: " + named)
    if not arguments or arguments[0] not in TARGETS:
        fail("say what to do: python make.py " + "|".join(TARGETS))
    name, (language, others) = arguments[0], language_of(arguments[1:])
    if language and (name != "lab" or not os.path.exists(os.path.join(ROOT, "notebooks", language, "terms.csv"))):
        fail("LANGUAGE=" + language + " means nothing here: `lab` takes LANGUAGE=zh, and without it is in English")
    try:
        set_up("lab" if name == "lab" else "test")
        return TARGETS[name](arguments[1:] if name == "lab" else others)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
