"""What the platform counts, in a registry of its own: two platforms in one process do not mix."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """`result` is `stored`, `repeated` or `conflict`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gateway_platform_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self.orders = self._results("orders", "Order messages received")
        self.late_orders = Counter(
            "gateway_platform_late_orders", "Orders whose truck had been seen leaving before they came", registry=self.registry
        )
        self.register_entries = self._results("register_entries", "Register entries received")
        self.confirmations = self._results("confirmations", "Lane confirmations received")
        self.chain = Counter(
            "gateway_platform_evidence_chain", "Confirmations by what their chain said", ("state",), registry=self.registry
        )
        self.pictures = self._results("pictures", "Pictures received")
        self.webhooks = Counter(
            "gateway_platform_webhook_attempts", "Events sent to webhooks, `taken` or `failed`", ("result",), registry=self.registry
        )
        self.live_clients = Gauge("gateway_platform_live_clients", "Pages that listen for changes", registry=self.registry)

    def _results(self, name: str, description: str) -> Counter:
        return Counter(f"gateway_platform_{name}", description, ("result",), registry=self.registry)

    def text(self) -> bytes:
        """In Prometheus' text format 0.0.4."""
        return generate_latest(self.registry)
