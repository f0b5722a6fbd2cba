"""Make an environment and use it; needs only Python itself. ``make`` calls this, and so can you:

    python tools/setup_env.py lab         make .venv and open JupyterLab on the first notebook
    python tools/setup_env.py test        make .venv-test with exact versions and run the tests
    python tools/setup_env.py test-env    only make .venv-test

This file keeps to what old Pythons can read, so that they get far enough to say what is missing.
"""

import sys

OLDEST = (3, 11)
NEWEST = (3, 14)


def complaint(version, missing=()):
    """Why this Python cannot be used and what to do, or None."""
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        return (
            "The course needs Python {0}.{1} to {2}.{3}; this one is {4}.{5}:\n    {6}\n"
            "Name another one:\n    make lab PYTHON=python3.12\n"
            "or, without make, run this script with it:\n    python3.12 tools/setup_env.py lab"
        ).format(*(OLDEST + NEWEST + tuple(version[:2]) + (sys.executable,)))
    if missing:
        return (
            "This Python cannot make an environment; it lacks {0}:\n    {1}\n"
            "On Debian and Ubuntu install it with:\n    sudo apt install python{2}.{3}-venv\n"
            "or name a Python that has it:\n    make lab PYTHON=python3.12"
        ).format(" and ".join(missing), sys.executable, *version[:2])
    return None


def missing_modules():
    """Which of the modules that make an environment are not there (Debian packs them apart)."""
    missing = []
    for name in ("venv", "ensurepip"):
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    return missing


if __name__ == "__main__":
    problem = complaint(sys.version_info, missing_modules())
    if problem:
        sys.exit(problem)
    from environment import main

    sys.exit(main(sys.argv[1:]))
