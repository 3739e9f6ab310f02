"""The gate's metrics for Prometheus, in a registry of their own."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest


class SiteMetrics:
    """Gauges that the site sets; counts are since start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.loop_lag = self._gauge("gateway_loop_lag_seconds", "Longest recent delay of the event loop")
        self.outbox = self._gauge("gateway_outbox_waiting", "Confirmations that the platform has not acknowledged")
        self.orders_age = self._gauge("gateway_orders_age_seconds", "Age of the order cache; -1 before the first answer")
        self.store_free = self._gauge("gateway_store_free_bytes", "Room left on the store's disk")
        self.passages = self._gauge("gateway_passages", "Passages decided", ("lane",))
        self.observations = self._gauge("gateway_observations", "Observations taken", ("lane",))
        self.dropped = self._gauge("gateway_observations_dropped", "Observations dropped by a lane that is behind", ("lane",))
        self.latency = self._gauge("gateway_verdict_latency_seconds", "Last observation to stored verdict", ("lane",))
        self.frames = self._gauge("gateway_frames", "Frames received", ("camera",))
        self.frames_read = self._gauge("gateway_frames_read", "Frames read", ("camera",))
        self.read_time = self._gauge("gateway_read_seconds", "Duration of the last read", ("camera",))
        self.tags = self._gauge("gateway_tags", "Tags told, repetitions included", ("reader",))
        self.seal_frames = self._gauge("gateway_seal_frames", "Frames of vehicle seals, by what came of them", ("result",))
        self.clock_offset = self._gauge("gateway_clock_offset_seconds", "How far the gate's clock is ahead", ("reference",))
        self.device_working = self._gauge("gateway_device_working", "1 while the device works", ("device",))

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)
