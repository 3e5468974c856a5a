"""One run: train, embed, rank, profile, record."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import torch

from benchmarks.base import Benchmark, hold_out
from benchmarks.common.errors import InputError
from benchmarks.controls import shuffle_captions
from benchmarks.loading import decode_once, survey_loader, train_loader
from methods.base import METHODS, Method

from .checkpoints import TrainingState, write_checkpoint
from .devices import set_up
from .engine import BEST, Training, train
from .environment import describe
from .evaluation import Evaluation, evaluate, evaluate_conditions
from .executors import Report
from .pictures import write_pictures
from .place import MODEL, Place
from .plan import Plan
from .profiling import count_costs, count_parameters, measure_throughput, peak_memory
from .records import CaptionReport, Record, result_digest, write_record
from .reuse import find_trained, take_up
from .showcase import take_pictures
from .text_store import TextStore, tower_fingerprint


def execute(plan: Plan, run_id: str, place: Place, report: Report) -> Record:
    """Run a plan to its record; from the newest training state, if a run was cut off.

    Raises:
        InputError: the plan cannot be run here.
    """
    started = time.perf_counter()
    device = set_up(plan.device, plan.threads, plan.seed)
    benchmark = plan.load_benchmark(place.data_root, place.cache)
    if plan.run_id(benchmark) != run_id:
        raise InputError(f"{plan.benchmark}: the data changed since the suite was started; start it again")
    seen = shuffle_captions(benchmark) if plan.data.shuffle_captions else benchmark
    parts = _splits(plan, seen)
    learned, judged = (decode_once(part, plan.data, place.cache) for part in parts)
    seen = replace(seen, query=learned.query, gallery=learned.gallery)  # its own training split is not read
    method = build(plan, learned, place).to(device)
    prepared = time.perf_counter()

    training = Training(
        method=method,
        loader=train_loader(learned, plan.data, plan.seed, pin=device.type == "cuda"),
        schedule=plan.schedule,
        run_id=run_id,
        folder=place.run_folder(run_id),
        seed=plan.seed,
        epoch_rule=plan.evaluation.epoch_rule,
        evaluate=lambda current: evaluate(current, judged, plan.data, plan.evaluation.rerank).ranking.metrics(),
        evaluate_every=plan.evaluation.every,
        report=lambda epoch, epochs, text: report("train", epoch, epochs, text),
        survey=partial(survey_loader, parts[0], plan.data, place.cache, pin=device.type == "cuda"),
    )
    trained = find_trained(place, plan.training_id(benchmark))
    epoch = take_up(training, *trained, place.run_folder(trained[0].id)) if trained else train(training)
    report("test", 0, 0, "")
    tested = evaluate(method, seen, plan.data, plan.evaluation.rerank)
    if plan.evaluation.epoch_rule == "last" and plan.evaluation.every:
        training.history[-1] = training.history[-1].model_copy(update={"metrics": tested.ranking.metrics()})
    disturbing = time.perf_counter()
    tell, rerank = partial(report, "test"), plan.evaluation.rerank
    conditions = evaluate_conditions(method, seen, plan.data, plan.evaluation.conditions, tell, rerank)
    report("profile", 0, 0, "")
    trained_and_tested = time.perf_counter()
    record = _record(plan, run_id, place, learned, benchmark, method, training, epoch, tested)
    record = record.model_copy(update={"conditions": conditions})
    record = record.model_copy(
        update={
            "result_digest": result_digest(record, tested.ranking.queries),
            "durations": {
                "prepare": prepared - started,
                "train": training.seconds,
                "embed": tested.embed_seconds,
                "rank": tested.rank_seconds,
                **({"conditions": trained_and_tested - disturbing} if conditions else {}),
                "profile": time.perf_counter() - trained_and_tested,
                "total": time.perf_counter() - started,
            },
        }
    )
    _keep(plan, run_id, place, seen, method, tested, record)
    return record


def build(plan: Plan, benchmark: Benchmark, place: Place) -> Method:
    """The method of a plan, with the store of encoded texts."""
    method = METHODS.get(plan.method)(plan.method_settings, benchmark.facts.spec)
    encoder = method.text_encoder
    if encoder is not None:
        fingerprint = tower_fingerprint(encoder.tower, torch.device(plan.device), encoder.long)
        encoder.store = TextStore(place.cache / "text", fingerprint, encoder.tower.size)
    return method


def _splits(plan: Plan, benchmark: Benchmark) -> tuple[Benchmark, Benchmark]:
    """The benchmark to learn on, and the one on which epochs are judged."""
    if plan.evaluation.epoch_rule != "best-on-validation":
        return benchmark, benchmark
    rest, held = hold_out(benchmark.train, plan.data.validation_identities)
    facts = replace(benchmark.facts, identities=len(set(rest.identities.tolist())))
    return replace(benchmark, facts=facts, train=rest), Benchmark(facts, rest, query=held, gallery=held)


def _record(
    plan: Plan,
    run_id: str,
    place: Place,
    learned: Benchmark,
    benchmark: Benchmark,
    method: Method,
    training: Training,
    epoch: int,
    tested: Evaluation,
) -> Record:
    profile, spec = plan.profile, learned.facts.spec
    throughput = None
    if profile.throughput:
        throughput = measure_throughput(
            method,
            spec,
            batch=profile.batch,
            precision=profile.precision,
            warmup=profile.warmup,
            repeats=profile.repeats,
            concurrent_runs=place.concurrent_runs,
        )
    return Record(
        id=run_id,
        suite=plan.suite,
        label=plan.label,
        method=plan.method,
        variant=plan.variant,
        benchmark=plan.benchmark,
        seed=plan.seed,
        settings=plan.resolved(),
        training_id=plan.training_id(benchmark),
        split_fingerprint=benchmark.split_fingerprint,
        caption_fingerprint=benchmark.caption_fingerprint,
        weights_fingerprint=plan.weights_fingerprint,
        counts=benchmark.counts,
        left_out=list(benchmark.left_out),
        captions=_caption_report(method, benchmark),
        epoch_rule=plan.evaluation.epoch_rule,
        epoch=epoch,
        test_feature=method.test_feature,
        embedding_size=tested.query.shape[1],
        metrics=tested.ranking.metrics(),
        missing_filling=method.missing_filling,
        monitors=tested.monitors,
        patches=method.patches,
        history=training.history,
        parameters=count_parameters(method, spec),
        gmacs=count_costs(method, spec),
        throughput=throughput,
        memory=peak_memory(training.device),
        durations={},
        environment=describe(training.device),
    )


def _caption_report(method: Method, benchmark: Benchmark) -> CaptionReport | None:
    """How many test captions do not fit into the text tower's context."""
    encoder = method.test_text
    if encoder is None or not benchmark.has_captions:
        return None
    texts = encoder.whole_texts([sample.captions for sample in benchmark.query.samples if sample.captions])
    context = encoder.tower.context
    over = sum(length > context for length in encoder.lengths(texts))
    return CaptionReport(captions=len(texts), over_context=over, context=context)


def _keep(
    plan: Plan, run_id: str, place: Place, benchmark: Benchmark, method: Method, tested: Evaluation, record: Record
) -> None:
    """Write weights and pictures, then the record, then drop what only a run that is cut off needs."""
    folder = place.run_folder(run_id)
    values = {"settings": plan.resolved(), "spec": vars(method.spec), "run_id": run_id, "model": method.state_dict()}
    write_checkpoint(folder / MODEL, values)
    # Pictures are of the nearest embeddings: with shuffled identities right matches would be shown as wrong ones, and a ranking
    # that was re-ordered is another one.
    if plan.profile.pictures and not plan.data.shuffle_test_identities and plan.evaluation.rerank is None:
        write_pictures(place.work_dir, run_id, take_pictures(method, benchmark, plan.data, tested, plan.profile.pictures))
    write_record(place.work_dir, record, tested.ranking.queries)
    TrainingState(folder, run_id).clear()
    (folder / BEST).unlink(missing_ok=True)
