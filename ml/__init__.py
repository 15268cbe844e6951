"""The lesion classifier: training, evaluation and inference, independent of the web site."""
