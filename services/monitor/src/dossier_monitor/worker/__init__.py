"""The worker, a process of its own on Faust: folds the four topics into projections and cells, and publishes the board.

Never HTTP for people, never MongoDB.
"""
