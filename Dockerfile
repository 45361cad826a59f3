# On a CPU:
#   docker build -t xshot .
#   docker run --rm -it xshot               the pipeline, then a shell
# On a GPU:
#   docker build -t xshot --build-arg BASE=nvidia/cuda:12.6.3-runtime-ubuntu24.04 .
#   docker run --rm -it --gpus all xshot
ARG BASE=ubuntu:24.04
FROM ${BASE}

# Nothing that is installed may wait for an answer.
ARG DEBIAN_FRONTEND=noninteractive
# No versions: distributions keep the newest alone, so that a pinned one could soon not be built.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends git make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

ENV LANG=C.UTF-8 DVC_NO_ANALYTICS=1
WORKDIR /xshot
# What the environment is made of first: it is made anew only if that changes.
COPY Makefile pyproject.toml requirements.lock README.md LICENSE ./
COPY .dvc/config .dvc/config
COPY src src
RUN make .venv/.xshot-run
ENV PATH=/xshot/.venv/bin:${PATH}

COPY . .
CMD ["bash", "-c", "make demo && exec bash"]
