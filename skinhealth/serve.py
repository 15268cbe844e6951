"""What gunicorn is told beside its command line: `--config python:skinhealth.serve`."""

import os

from skinhealth.logs.configuration import logging_configuration

# No access log: the site writes one line a request itself, without the path.
accesslog = None
logconfig_dict = logging_configuration(
    format_name=os.environ.get("LOG_FORMAT", "json"),
    level=os.environ.get("LOG_LEVEL", "INFO"),
    is_production=os.environ.get("SKINHEALTH_ENV", "production") == "production",
)
