"""Binds every scenario of `features/` to the steps, which are the package's own."""

from pytest_bdd import scenarios

pytest_plugins = ["skill.testing.steps"]

scenarios(".")
