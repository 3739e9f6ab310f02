# syntax=docker/dockerfile:1
# The gate or the platform in a container, as an unprivileged user. Build: docker build -t gateway .
# Nothing is written but the volume and /tmp: add --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges to both.
# Platform: docker run -p 8080:8080 -v platform:/var/lib/gateway gateway platform serve --data /var/lib/gateway --host 0.0.0.0 --tls-name HOST --token-file /run/secrets/token
# Gate:     docker run --network host -v ./lane_config:/etc/gateway/lane_config:ro -v gate:/var/lib/gateway gateway run --site /etc/gateway/lane_config/site.yaml
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock lock-build.in ./
RUN python -m venv /opt/gateway && /opt/gateway/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
RUN /opt/gateway/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/gateway --create-home gateway
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1
# As in systemd/gateway.service: memory that reading has used goes back to the system.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576
USER 10001
VOLUME /var/lib/gateway
WORKDIR /var/lib/gateway
EXPOSE 8080 8081
ENTRYPOINT ["gateway"]
CMD ["--help"]
