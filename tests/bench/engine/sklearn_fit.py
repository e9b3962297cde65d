"""scikit-learn's MLPClassifier; it has no dropout, so it does less."""

import warnings

from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from tests.bench.engine.task import given, report

warnings.simplefilter("ignore")
task = given()
x, y = task.data()


def epochs(count: int) -> float:
    model = MLPClassifier(
        task.layers, batch_size=task.batch, max_iter=count, tol=0.0, n_iter_no_change=10**9, alpha=0
    )
    with threadpool_limits(task.threads):
        return model.fit(x, y.ravel()).loss_


report(task, epochs)
