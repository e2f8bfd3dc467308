"""CPU, memory and GPUs of this process and machine, as OpenTelemetry metrics."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Iterable
from typing import Any, Callable

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from ._http import BearerKey
from ._log import logger

PATH = "/v1/metrics"

Observe = Callable[[CallbackOptions], Iterable[Observation]]


def start_metrics(
    endpoint: str, api_key: str, resource: Resource, interval_s: float
) -> MeterProvider:
    """Begins to measure and to send. The application's own provider is left as it is."""
    session = requests.Session()
    session.auth = BearerKey(api_key)
    exporter = OTLPMetricExporter(
        endpoint=endpoint + PATH,
        # The exporter outlives a fork: a connection that is kept would be shared with the child.
        headers={"Connection": "close"},
        session=session,
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=interval_s * 1000)
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    _observe_process(provider)
    _observe_gpus(provider)
    return provider


def _observe_process(provider: MeterProvider) -> None:
    meter = provider.get_meter("sentryai.process")
    meter.create_observable_gauge(
        "process.cpu.utilization",
        [CpuUtilization()],
        unit="1",
        description="Share of the processors that this process uses",
    )
    resident_bytes = find_resident_bytes()
    if resident_bytes is None:
        logger.info("memory is not measured here: install sentryai[process]")
        return

    def memory(_options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(resident_bytes(), _process())

    meter.create_observable_up_down_counter(
        "process.memory.usage", [memory], unit="By", description="Resident memory of this process"
    )


def _process() -> dict[str, int]:
    # Not of the resource, which a forked child shares with its parent.
    return {"process.pid": os.getpid()}


class CpuUtilization:
    """CPU time since the last look, by the time that passed and the processors there are."""

    def __init__(self) -> None:
        self._look()

    def _look(self) -> None:
        self._pid = os.getpid()
        self._cpu_s = time.process_time()
        self._at_s = time.monotonic()

    def __call__(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Observes; nothing right after a fork, when there is no last look."""
        pid, cpu_s, at_s = self._pid, self._cpu_s, self._at_s
        self._look()
        passed_s = (self._at_s - at_s) * processors()
        if pid != self._pid or passed_s <= 0:
            return
        yield Observation(min(1.0, (self._cpu_s - cpu_s) / passed_s), _process())


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_resident_bytes() -> Callable[[], int] | None:
    """How resident memory is read here: from /proc, else by psutil, else not at all."""
    if os.path.exists("/proc/self/statm"):
        page_bytes = os.sysconf("SC_PAGE_SIZE")

        def from_proc() -> int:
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * page_bytes

        return from_proc
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return None

    def from_psutil() -> int:
        return int(psutil.Process().memory_info().rss)

    return from_psutil


def _observe_gpus(provider: MeterProvider) -> None:
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        return
    try:
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        gpus = [(handle, _gpu(nvml, handle)) for handle in handles]
    except nvml.NVMLError as error:
        logger.info("GPUs are not measured: %s", error)
        return
    meter = provider.get_meter("sentryai.gpu")

    def each(read: Callable[[Any], float]) -> list[Observe]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            for handle, gpu in gpus:
                value = _read(nvml, read, handle)
                if value is not None:
                    yield Observation(value, gpu)

        return [observe]

    meter.create_observable_gauge(
        "hw.gpu.utilization",
        each(lambda gpu: nvml.nvmlDeviceGetUtilizationRates(gpu).gpu / 100),
        unit="1",
    )
    meter.create_observable_up_down_counter(
        "hw.gpu.memory.usage", each(lambda gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).used), unit="By"
    )
    meter.create_observable_up_down_counter(
        "hw.gpu.memory.limit", each(lambda gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).total), unit="By"
    )
    meter.create_observable_gauge(
        "hw.temperature",
        each(lambda gpu: nvml.nvmlDeviceGetTemperature(gpu, nvml.NVML_TEMPERATURE_GPU)),
        unit="Cel",
    )
    meter.create_observable_gauge(
        "hw.power", each(lambda gpu: nvml.nvmlDeviceGetPowerUsage(gpu) / 1000), unit="W"
    )


def _gpu(nvml: Any, handle: Any) -> dict[str, str]:
    return {
        "hw.id": nvml.nvmlDeviceGetUUID(handle),
        "hw.name": nvml.nvmlDeviceGetName(handle),
        "hw.type": "gpu",
    }


def _read(nvml: Any, read: Callable[[Any], float], handle: Any) -> float | None:
    try:
        return read(handle)
    except nvml.NVMLError:
        # Not every GPU tells everything.
        return None
