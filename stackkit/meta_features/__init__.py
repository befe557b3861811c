"""Meta-features: what a meta-model reads of a row beside the predictions themselves."""

from stackkit.meta_features.declared import (
    GROUPS,
    FittedMetaFeatures,
    MetaFeatures,
    ReadsGroups,
)

__all__ = ["GROUPS", "FittedMetaFeatures", "MetaFeatures", "ReadsGroups"]
