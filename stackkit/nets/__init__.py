"""Mechanisms of the nets: modules, schedules, one training loop. Modules here import torch."""
