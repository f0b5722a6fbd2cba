"""Exercises, questions and progress. A lesson's own are one module, ``lessonNN.py``."""
