from __future__ import annotations

import os
import sys
import time
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from sentryai._process_metrics import CpuUtilization, find_resident_bytes, processors

from .conftest import Answer, Init, Server, attributes


def point(metric: Any) -> Any:
    (only,) = getattr(metric, metric.WhichOneof("data")).data_points
    return only


def value(metric: Any) -> float:
    found = point(metric)
    return float(getattr(found, found.WhichOneof("value")))


def test_cpu_and_memory_are_sent(server: Server, init: Init) -> None:
    init(metrics_interval_s=0.05)
    server.wait_for(lambda: len(server.to("/v1/metrics")) >= 2)
    metrics = server.metrics()
    cpu, memory = metrics["process.cpu.utilization"], metrics["process.memory.usage"]
    assert (cpu.unit, memory.unit) == ("1", "By")
    assert 0 <= value(cpu) <= 1
    assert 10e6 < value(memory) < 10e9
    assert attributes(point(memory)) == {"process.pid": os.getpid()}


def test_a_busy_process_uses_its_processor() -> None:
    utilization = CpuUtilization()
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    (observation,) = utilization(None)  # type: ignore[arg-type]
    assert 0 < observation.value * processors() <= processors()


def test_a_forked_child_measures_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    utilization = CpuUtilization()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert list(utilization(None)) == []  # type: ignore[arg-type]
    assert len(list(utilization(None))) == 1  # type: ignore[arg-type]


def test_memory_comes_from_psutil_where_there_is_no_proc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from_proc = find_resident_bytes()
    assert from_proc
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    from_psutil = find_resident_bytes()
    assert from_psutil
    assert from_psutil() == pytest.approx(from_proc(), rel=0.2)
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert find_resident_bytes() is None


class NVMLError(Exception):
    pass


def nvml(**replaced: Any) -> ModuleType:
    """A stand-in for NVIDIA's library with two GPUs, of which one does not tell its power."""

    def power(handle: int) -> int:
        if handle == 1:
            raise NVMLError("Not Supported")
        return 250_500

    functions = {
        "NVMLError": NVMLError,
        "NVML_TEMPERATURE_GPU": 0,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetUUID": lambda handle: f"GPU-{handle}",
        "nvmlDeviceGetName": lambda handle: "NVIDIA L4",
        "nvmlDeviceGetUtilizationRates": lambda handle: SimpleNamespace(gpu=25 + 50 * handle),
        "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(used=2**30, total=2**34),
        "nvmlDeviceGetTemperature": lambda handle, sensor: 61,
        "nvmlDeviceGetPowerUsage": power,
    }
    module = ModuleType("pynvml")
    vars(module).update({**functions, **replaced})
    return module


def test_gpus_are_sent(server: Server, init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml())
    init(metrics_interval_s=0.05)
    server.wait_for(lambda: "hw.power" in server.metrics())
    found = {}
    for name, metric in server.metrics().items():
        if name.startswith("hw."):
            points = getattr(metric, metric.WhichOneof("data")).data_points
            found[name, metric.unit] = {
                attributes(p)["hw.id"]: getattr(p, p.WhichOneof("value")) for p in points
            }
            assert {attributes(p)["hw.name"] for p in points} == {"NVIDIA L4"}
            assert {attributes(p)["hw.type"] for p in points} == {"gpu"}
    assert found == {
        ("hw.gpu.utilization", "1"): {"GPU-0": 0.25, "GPU-1": 0.75},
        ("hw.gpu.memory.usage", "By"): {"GPU-0": 2**30, "GPU-1": 2**30},
        ("hw.gpu.memory.limit", "By"): {"GPU-0": 2**34, "GPU-1": 2**34},
        ("hw.temperature", "Cel"): {"GPU-0": 61, "GPU-1": 61},
        ("hw.power", "W"): {"GPU-0": 250.5},
    }


def test_without_a_driver_there_are_no_gpus(
    server: Server, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:
    def init_nvml() -> None:
        raise NVMLError("Driver Not Loaded")

    monkeypatch.setitem(sys.modules, "pynvml", nvml(nvmlInit=init_nvml))
    init(metrics_interval_s=0.05)
    server.wait_for(lambda: "process.memory.usage" in server.metrics())
    assert not any(name.startswith("hw.") for name in server.metrics())


def test_the_library_has_the_names_that_are_used() -> None:
    import pynvml

    used = {name for name in vars(nvml()) if "nvml" in name.lower()}
    assert used <= set(vars(pynvml))


def test_sending_metrics_does_not_stop_at_a_failure(server: Server, init: Init) -> None:
    server.will_answer("/v1/metrics", Answer(400), Answer(400))
    init(metrics_interval_s=0.05)
    server.wait_for(lambda: len(server.to("/v1/metrics")) >= 4)
