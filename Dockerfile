# The quickstart on machines that are not Linux x86-64: docker build --platform linux/amd64 -t distill .
# Not run by us yet: no Docker engine was at hand.
FROM --platform=linux/amd64 python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends build-essential git libnuma1 bubblewrap && rm -rf /var/lib/apt/lists/*
WORKDIR /work
COPY . .
RUN make setup
CMD ["make", "quickstart"]
