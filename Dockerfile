# The image of every Trendsieve service; the command picks the service (collect, enrich, track, alert, board, run).
#
# On x86-64 the default build of torch brings several GB of CUDA. To get the CPU build, name an index that has it:
#   docker compose build --build-arg PIP_EXTRA_INDEX_URL=...
FROM python:3.11-slim-bookworm AS build

ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /venv

# The dependencies first: this layer stays while only the code changes.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print('\n'.join(p['dependencies'] + p['optional-dependencies']['en']))" > requirements.txt \
    && /venv/bin/pip install -c constraints.txt -r requirements.txt

COPY README.md LICENSE ./
COPY configs configs
COPY ingest ingest
COPY pipeline pipeline
COPY ui ui
RUN /venv/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm

RUN useradd --uid 10001 --create-home trendsieve \
    && mkdir -p /app/var \
    && chown trendsieve:trendsieve /app/var
COPY --from=build /venv /venv
COPY configs /app/configs

ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
USER trendsieve
VOLUME /app/var
EXPOSE 8501

# The board's own answer; docker-compose.yml replaces it for the services that have no board.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]

# The board listens on the container's loopback unless told otherwise; to try it alone:
#   docker run --rm -e TRENDSIEVE_BOARD__HOST=0.0.0.0 -p 127.0.0.1:8501:8501 trendsieve:0.1.0
CMD ["trendsieve", "run", "--config", "/app/configs/default.toml"]
