"""The lesion classifier: training, evaluation and serving, without the web site."""
