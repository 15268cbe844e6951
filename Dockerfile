# One image for every program of the site; docker-compose.yml chooses which one runs.
# `--target train` adds PyTorch, for training and for a worker on CUDA.

FROM node:22-bookworm-slim AS browser
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm AS libraries
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements-serve.txt ./
RUN pip install -r requirements-serve.txt

FROM libraries AS training-libraries
COPY requirements.txt ./
RUN pip install -r requirements.txt

FROM libraries AS build
COPY . .
COPY --from=browser /app/node_modules node_modules
RUN for po in locale/*/LC_MESSAGES/django.po; do pybabel --quiet compile --input-file "$po" --output-file "${po%.po}.mo"; done
# The secrets are made up: collectstatic contacts no server, and none of them stays in the image.
RUN scripts/with_made_up_secrets python manage.py collectstatic --noinput --verbosity 0
# In service, browsers read from staticfiles/; papers use these fonts, in two weights.
RUN find node_modules -mindepth 1 -maxdepth 1 ! -name @expo-google-fonts -exec rm -rf {} + \
 && find node_modules -type f ! -name '*_400Regular.ttf' ! -name '*_700Bold.ttf' ! -name 'LICENSE*' -delete \
 && chmod -R a+rX .

FROM python:3.11-slim-bookworm AS serve
# pg_dump and pg_restore in the same version as the server in docker-compose.yml.
RUN apt-get update -q \
 && apt-get install -q -y --no-install-recommends postgresql-client-15 \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 skinhealth \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin skinhealth \
 && install -d -o 10001 -g 10001 -m 700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SKINHEALTH_ENV=production \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["sh", "-c", "exec gunicorn skinhealth.wsgi --config python:skinhealth.serve --no-control-socket --bind ${HOST:-127.0.0.1}:${PORT:-8000} --threads ${WEB_THREADS:-8} --workers ${WEB_WORKERS:-2}"]

FROM serve AS train
COPY --from=training-libraries /opt/venv /opt/venv

# The last stage is the one built without --target.
FROM serve
