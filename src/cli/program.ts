import { Command, Help, InvalidArgumentError, Option } from 'commander';
import type { Metric, Score, Side } from '../index.js';
import { convert } from './commands/convert.js';
import { evaluate } from './commands/evaluate.js';
import { fit } from './commands/fit.js';
import { inspect } from './commands/inspect.js';
import { predict, RESULT_FORMATS } from './commands/predict.js';
import { linesPrintable } from './failure.js';
import { PIPE } from './input/byte-source.js';
import { BIT_TYPES, FORMATS, INPUT_FORMATS } from './input/open.js';

const SCORES = Object.keys({
  distance: true,
  normalized: true,
  cac: true,
  softmin: true,
  entropy: true,
  mahalanobis: true,
  'knn-centers': true,
} satisfies Record<Score, true>);
const METRICS = Object.keys({ sqeuclidean: true, euclidean: true, cosine: true } satisfies Record<Metric, true>);
const SIDES = Object.keys({ known: true, unknown: true } satisfies Record<Side, true>);

/** Defines the command line: names and texts of commands and options. */
export function program(version: string): Command {
  const root = new Command('center-loss')
    .description(
      'Fits centers of classes to labeled embeddings, classifies rows by the nearest center, and shows what is in files. Reads .npy, .npz, .safetensors and .csv, also compressed by gzip.',
    )
    .version(version)
    .showHelpAfterError('(run with --help for usage)')
    .configureHelp({ visibleOptions, optionDescription })
    .configureOutput({ writeErr: (text) => process.stderr.write(linesPrintable(text)) })
    .addHelpText(
      'after',
      examples([
        'center-loss fit train.csv --tpr 0.95 -o animals.safetensors',
        'center-loss evaluate test.csv -m animals.safetensors',
        'center-loss predict new.csv -m animals.safetensors -o labels.csv',
        'center-loss inspect animals.safetensors --html animals.html',
      ]) +
        '\nUse - as a file name for standard input or output.\nExit codes: 0 success, 1 failure, 2 wrong command line.\n',
    );

  rows(root.command('fit'), 'rows')
    .summary('make a center of each class from labeled rows')
    .description(
      'Makes the mean of each class its center, in one pass over the rows. With --score, --tpr or --per-class, also fits a threshold, above which a row is unknown. The threshold is fitted to a fifth of the rows of each class, which are held out of the centers; --holdout, --calibration and --no-holdout choose other rows.',
    )
    .option('-l, --labels <file>', 'file of the labels, if they are not beside the rows')
    .requiredOption('-o, --output <file>', '.safetensors file to write', outputPath)
    .option('--classes <n>', 'number of classes (default: as many as the labels need)', classCount)
    .option('--names <file>', 'text file with the name of one class on each line; labels may be these names')
    .option('--checkpoint <file>', 'file that keeps the progress: after an interruption, the same command continues')
    .option('--checkpoint-every <n>', 'blocks of 4 MB between two checkpoints', positive, 64)
    .addOption(new Option('--score <name>', 'score that the threshold is for (default: distance)').choices(SCORES))
    .addOption(
      new Option('--metric <name>', 'distance that the score uses (default: the usual one of the score)').choices(
        METRICS,
      ),
    )
    .option(
      '--temperature <number>',
      'temperature of the scores softmin, entropy and cac (default: fitted; 1 for cac)',
      number,
    )
    .option('--tpr <share>', 'share of the known rows that the threshold accepts (default: 0.95)', shareOf)
    .option('--per-class', 'fit one threshold for each class')
    .option('--holdout <share>', 'share of the rows of each class for the threshold, at most 0.5 (default: 0.2)', half)
    .option('--no-holdout', 'fit the threshold to the rows of the centers: it is too low then')
    .option('--seed <n>', 'number that chooses the held-out rows (default: 0)', whole)
    .option('--calibration <file>', 'file of other rows for the threshold')
    .option('--calibration-labels <file>', 'file of their labels, if they are not beside the rows')
    .addHelpText(
      'after',
      examples([
        'center-loss fit train.npy --labels labels.npy -o centers.safetensors',
        'center-loss fit train.csv --label-column species --tpr 0.99 -o centers.safetensors',
        'center-loss fit big.npy --labels labels.npy --checkpoint fit.checkpoint -o centers.safetensors',
        'zcat rows.csv.gz | center-loss fit - --classes 10 -o centers.safetensors',
      ]),
    )
    .action(fit);

  for (const [name, kind, text] of [
    ['predict', 'labels', 'write the nearest class of each row, or -1 for an unknown row'],
    ['score', 'scores', 'write the score of each row; a row with a higher score looks more unknown'],
  ] as const) {
    model(rows(root.command(name), 'rows'))
      .summary(text)
      .description(
        `Writes${text.slice('write'.length)}. The output is .csv, .json, .jsonl or .npy (${kind === 'labels' ? 'int32 labels' : 'float32 scores'}). Labels in a .csv are not read.`,
      )
      .addOption(
        new Option('-o, --output <file>', 'file of the results').default('-', 'standard output').argParser(outputPath),
      )
      .addOption(
        new Option('--to <format>', 'format of the results (default: by the extension of the file, or csv)').choices(
          RESULT_FORMATS,
        ),
      )
      .option('--no-labels', 'no column of a .csv has labels')
      .addHelpText(
        'after',
        examples([
          `center-loss ${name} new.npy -m centers.safetensors -o ${kind}.npy`,
          `center-loss ${name} new.csv -m centers.safetensors --metric cosine > ${kind}.csv`,
          `cat new.npy | center-loss ${name} - -m centers.safetensors --json | jq .label`,
        ]),
      )
      .action((input, options) => predict(kind, input, options));
  }

  model(rows(root.command('evaluate'), 'rows'))
    .summary('evaluate a model on labeled rows')
    .description(
      'Reports the accuracy of a model on labeled rows. If some rows are unknown (the label is below 0, or a name that no class has), also reports how well the scores separate the known rows from the unknown ones.',
    )
    .option('-l, --labels <file>', 'file of the labels, if they are not beside the rows')
    .option('--others-unknown', 'take a number that no class has for an unknown row, not for an error')
    .option('--confusion', 'print how many rows of each class get which decision')
    .addOption(
      new Option(
        '--positive <side>',
        'rows that are the positives of the FPR: of them, 95 % are found (default: known; in pytorch-ood and OpenOOD 1.5: unknown)',
      ).choices(SIDES),
    )
    .addHelpText(
      'after',
      examples([
        'center-loss evaluate test.npy --labels labels.npy -m centers.safetensors',
        'center-loss evaluate test.csv -m centers.safetensors --score softmin --json | jq .auroc',
        'center-loss evaluate test.npy --labels labels.npy -m centers.safetensors --confusion',
      ]),
    )
    .action(evaluate);

  rows(root.command('inspect'), 'file', 'of --data')
    .summary('show what is in a file; --html draws the centers')
    .description(
      'Shows what is in a file: classes and threshold of a model, or type and shape of arrays and tables. With --html, draws a model on a page.',
    )
    .option('--html <file>', 'page to draw: centers, classes, distances, and results on --data', outputPath)
    .option('--data <file>', 'file of labeled rows to try the model on')
    .option('-l, --labels <file>', 'file of the labels of --data, if they are not beside the rows')
    .option('--others-unknown', 'take a number that no class has for an unknown row, not for an error')
    .option('--model-tensor <name>', 'tensor of the centers, in a file of another library')
    .addHelpText(
      'after',
      examples([
        'center-loss inspect centers.safetensors',
        'center-loss inspect centers.safetensors --html page.html --data test.npy --labels labels.npy',
        'center-loss inspect state-dict.safetensors --model-tensor head.centers --json',
      ]),
    )
    .action(inspect);

  rows(root.command('convert'), 'input')
    .argument('<output>', 'file of the result, - for standard output', outputPath)
    .summary('write rows or centers in another format')
    .description(
      'Writes rows or the centers of a model in another format, as float32. Labels are kept, but not in .npy, which has no place for them.',
    )
    .option('-l, --labels <file>', 'file of the labels to write beside the rows')
    .option('--no-labels', 'no column of a .csv has labels')
    .addOption(
      new Option('--to <format>', 'format of the result (default: by the extension of the file)').choices(FORMATS),
    )
    .option('--centers', 'read the input as a model, and write its centers')
    .option('--model-tensor <name>', 'tensor of the centers, in a file of another library')
    .addHelpText(
      'after',
      examples([
        'center-loss convert rows.csv rows.npy',
        'center-loss convert rows.npy rows.safetensors --labels labels.npy',
        'center-loss convert --centers state-dict.safetensors centers.csv',
        'center-loss convert rows.npy - --to csv | head -3',
      ]),
    )
    .action(convert);
  return root;
}

/** Adds the options of every command that reads rows. */
function rows(command: Command, argument: string, whose = 'of the rows'): Command {
  return command
    .argument(`<${argument}>`, '.npy, .npz, .safetensors or .csv file, also compressed (.gz); - for standard input')
    .addOption(
      new Option('--format <format>', `format ${whose} (default: by the first bytes of the file)`).choices(
        INPUT_FORMATS,
      ),
    )
    .option('--tensor <name>', `tensor ${whose}, in .safetensors or .npz`)
    .option('--label-tensor <name>', 'tensor of the labels, in .safetensors or .npz')
    .addOption(new Option('--dtype <type>', 'type of 16-bit values, in .npy or .npz').choices(Object.keys(BIT_TYPES)))
    .option(
      '--label-column <name>',
      'column of the labels, in .csv, by its name or its number from 0 (default: label, target, class, y)',
    )
    .option(
      '--features <columns>',
      'columns of the rows, in .csv: a,b or a..d (default: all but labels, ids and row numbers)',
    )
    .option('--drop <columns>', 'columns to leave out, in .csv')
    .option('--id-column <name>', 'column of ids, in .csv: no part of the rows, but written beside results')
    .option('--header', 'the first line of a .csv names the columns (default: by its cells)')
    .option('--no-header', 'the first line of a .csv is a row')
    .option(
      '--delimiter <text>',
      'text between columns, in .csv; \\t is a tab (default: by the first lines)',
      delimiter,
    )
    .option('--progress', 'show progress (default: on a terminal)')
    .option('--no-progress', 'show no progress')
    .option('--json', 'print results as JSON');
}

/** Adds the options of every command that runs rows through a model. */
function model(command: Command): Command {
  return command
    .requiredOption('-m, --model <file>', '.safetensors file of centers, written by fit, by save() or by PyTorch')
    .option('--model-tensor <name>', 'tensor of the centers, in a file of another library')
    .addOption(new Option('--score <name>', 'score of a row (default: that of the model, or distance)').choices(SCORES))
    .addOption(
      new Option(
        '--metric <name>',
        'distance that the score uses (default: that of the model, or sqeuclidean)',
      ).choices(METRICS),
    )
    .option(
      '--temperature <number>',
      'temperature of the scores softmin, entropy and cac (default: that of the model, or 1)',
      number,
    )
    .option('--threshold <number>', 'score above which a row is unknown (default: that of the model)', number);
}

/** Lists the options that a command needs first. */
function visibleOptions(command: Command): Option[] {
  const options = new Help().visibleOptions(command);
  return [...options.filter(({ mandatory }) => mandatory), ...options.filter(({ mandatory }) => !mandatory)];
}

const optionDescription = (option: Option): string =>
  `${option.mandatory ? 'required: ' : ''}${new Help().optionDescription(option)}`;

const examples = (lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;

/** Makes a parser of numbers. @param expected numbers that `accepts` takes, for messages */
const numberThat =
  (expected: string, accepts: (value: number) => boolean) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
    if (!accepts(value)) throw new InvalidArgumentError(`It must be ${expected}.`);
    return value;
  };
const number = numberThat('a number', () => true);
const positive = numberThat('a whole number, at least 1', (value) => Number.isSafeInteger(value) && value >= 1);
const classCount = numberThat(
  'a whole number from 1 to 2147483647',
  (value) => Number.isInteger(value) && value >= 1 && value < 2 ** 31,
);
const whole = numberThat('a whole number, at least 0', (value) => Number.isSafeInteger(value) && value >= 0);
const half = numberThat('above 0 and at most 0.5', (value) => value > 0 && value <= 0.5);
const shareOf = numberThat('above 0 and at most 1', (value) => value > 0 && value <= 1);

/** Takes the names of standard output that the system has for the same. */
const outputPath = (path: string): string => (/^\/(dev\/(stdout|fd\/1)|proc\/self\/fd\/1)$/.test(path) ? PIPE : path);

function delimiter(text: string): string {
  if (text === '' || /["\r\n]/.test(text))
    throw new InvalidArgumentError('It must be text without quotes and newlines.');
  return text.replaceAll('\\t', '\t');
}
