"""Where problems come from: published rows in, Problem records out, one module a source."""

from data_gen.sources import apps, file, gsm8k, humaneval, numina, reasoning_gym, still2, taco
from data_gen.sources.source import Source

SOURCES: dict[str, Source] = {
    "file": Source(file.FileConfig, file.read, lambda config: config.limit),
    "reasoning_gym": Source(reasoning_gym.ReasoningGymConfig, reasoning_gym.read, lambda config: config.limit),
    "numina": Source(numina.NuminaConfig, numina.read, numina.NuminaConfig.count),
    "gsm8k": Source(gsm8k.Gsm8kConfig, gsm8k.read, gsm8k.Gsm8kConfig.count),
    "apps": Source(apps.AppsConfig, apps.read, apps.AppsConfig.count),
    "taco": Source(taco.TacoConfig, taco.read, taco.TacoConfig.count),
    "humaneval": Source(humaneval.HumanEvalConfig, humaneval.read, humaneval.HumanEvalConfig.count),
    "still2": Source(still2.Still2Config, still2.read, still2.Still2Config.count),
}
