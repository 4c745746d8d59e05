# The server as an image: one program, no shell needed, an unprivileged user, nothing written but /var/lib/healthbook.
#
#   docker build -t healthbook .
#   docker run --read-only --tmpfs /tmp -v healthbook:/var/lib/healthbook -p 127.0.0.1:8080:8080 healthbook

FROM rust:1.95-bookworm AS rust
WORKDIR /source

# The manifests alone, with empty sources. What follows from them is built again only when a dependency changes.
FROM rust AS manifests
COPY . /all
RUN cd /all \
    && find . \( -name Cargo.toml -o -name Cargo.lock -o -path './.cargo/*' \) -type f -print0 | tar --null --files-from - --create | tar --extract --directory /source \
    && for crate in /source/crates/*; do mkdir -p "$crate/src" && touch "$crate/src/lib.rs"; done \
    && rm /source/crates/healthbook/src/lib.rs && echo 'fn main() {}' > /source/crates/healthbook/src/main.rs \
    && mkdir -p /source/tests/it && touch /source/tests/lib.rs && echo 'fn main() {}' > /source/tests/it/main.rs

FROM rust AS builder
COPY --from=manifests /source .
RUN cargo build --release --locked --package healthbook
COPY . .
# Cargo compares ages, and the sources are older than what was just built from the empty ones.
RUN find crates migrations -type f -exec touch {} + \
    && cargo build --release --locked --package healthbook \
    && install -D target/release/healthbook /image/usr/local/bin/healthbook \
    && install -D /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt

FROM debian:bookworm-slim
COPY --from=builder /image /
# A named volume takes over owner and mode of the directory that it is mounted on first.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/healthbook
USER 10001:10001
WORKDIR /var/lib/healthbook
VOLUME /var/lib/healthbook
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/healthbook", "health", "--url", "http://127.0.0.1:8080/health/ready"]
ENTRYPOINT ["/usr/local/bin/healthbook"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--database", "sqlite:/var/lib/healthbook/healthbook.db"]
