"""The recipe of the bundled weights: from the corpora of `shared/data` to two model folders.

Run each step as a module from the root of the checkout, for example
``python -m scripts.train.prepare --help``; `README.md` in this folder gives the order.
"""
