"""The plugin for OpenClaw: plain JavaScript beside this file, which speaks to the HTTP service."""

from pathlib import Path

FOLDER = Path(__file__).parent
