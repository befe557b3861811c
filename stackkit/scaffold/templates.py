"""The Python files of a new project. As they are, they change nothing."""

FEATURES = '''\
"""Features of your own: applied to train, to test and to new rows, one after the other.

`frame` holds the columns that train and test share, without id and target. Return a frame with
one row a row, each made from that row alone. As it stands, it changes nothing.
"""

import pandas as pd


def features(frame: pd.DataFrame) -> pd.DataFrame:
    # frame["ratio"] = frame["a"] / frame["b"]
    # frame["words"] = frame["title"].str.split().str.len()
    return frame
'''

MODELS = '''\
"""Models of your own: what is registered here joins the stack under `stackkit run`.

`recipe` says what a model reads:
"trees"   numbers as they are, categories as codes, missing values kept
"native"  the same with a code for every level, for models that encode levels themselves
"linear"  filled in, made symmetric, centred, one-hot
"kernel"  few columns of comparable size, for models that measure distances
"nets"    numbers of robust scale, few levels one-hot, many as codes to be embedded
As it stands, the file registers nothing.
"""

# from sklearn.neighbors import KNeighborsClassifier
# from stackkit import ModelSpec, SklearnLearner, register
#
# learner = SklearnLearner(KNeighborsClassifier(30))  # KNeighborsRegressor for values
# register(ModelSpec("my_knn", learner, family="neighbors", recipe="linear"))
'''
