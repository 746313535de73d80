//! One case for every loss: a batch with what its loss depends on, and the kernels as functions of it.

use super::{Batch, METRICS, assert_same_bits, assert_same_f64};
use crate::reference;
use center_loss::distance::metric::Metric;
use center_loss::loss::ProxyLossKind;
use center_loss::loss::batch_pass::{CenterOutput, ClassAccumulators};
use center_loss::loss::center_loss::{CenterLoss, Radii as KernelRadii};
use center_loss::loss::cross_entropy::cross_entropy;
use center_loss::loss::deep_svdd::Members;
use center_loss::loss::penalty::Penalty;
use center_loss::loss::proxy::{self, Scratch, ScratchSizes};
use center_loss::loss::reduction::{Labels, Reduction};
use center_loss::loss::weights::{Weights, mask_weightless_labels};
use center_loss::rows::batch_classes::{BatchClass, BatchClasses, NO_SLOT};
use center_loss::rows::row_sums::RowSums;
use center_loss::simd::vector::{LANES, Lanes};
use center_loss::update::averages::Rule;
use center_loss::update::center_gradient::{CenterGradient, Form};

pub(crate) const REDUCTIONS: [Reduction; 4] = [Reduction::Mean, Reduction::Batch, Reduction::Wen, Reduction::Sum];
pub(crate) const PENALTIES: [Penalty; 2] = [Penalty::Hinge, Penalty::HalfSquared];
pub(crate) const RULES: [Rule; 3] = [Rule::Wen(0.5), Rule::Mean(0.7), Rule::Ema(0.9)];

/// A loss with its options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LossSpec {
    Center(Metric, Penalty, Radii),
    /// Loss against proxies, and its parameter.
    Proxy(ProxyLossKind, f64),
    /// Cross-entropy with the label smoothing ε. The rows are logits: there are D classes and no centers.
    CrossEntropy(f64),
    /// Ball around the center of class 0; every row with a label ≥ 0 belongs to it.
    DeepSvdd {
        radius: f64,
        nu: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Radii {
    One(f64),
    PerClass(Vec<f32>),
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) batch: Batch,
    pub(crate) spec: LossSpec,
    pub(crate) reduction: Reduction,
    /// [C], or empty: all 1.
    pub(crate) class_weight: Vec<f32>,
    /// True for a loss against proxies whose centers are fixed.
    pub(crate) fixed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Gradients {
    pub(crate) loss: f64,
    pub(crate) x: Vec<f32>,
    /// ∂loss/∂centers, or ∂loss/∂R of Deep SVDD. After a step: the centers.
    pub(crate) centers: Vec<f32>,
    /// Classes that have a row in `centers`. Only a center loss has them.
    pub(crate) classes: Vec<u32>,
    /// Rows of each class that an average follows. Only a center loss has them.
    pub(crate) counts: Vec<u32>,
}

impl Case {
    /// Center loss of pytorch-ood, with its floors and ceilings.
    pub(crate) fn floored(batch: Batch, radius: f64, reduction: Reduction) -> Self {
        let spec = LossSpec::Center(Metric::SqEuclidean, Penalty::Hinge, Radii::One(radius));
        Self::new(batch, spec, reduction)
    }

    /// Center loss without radius or weights. It has no floors, since it has a radius for each class.
    pub(crate) fn center(batch: Batch, metric: Metric, penalty: Penalty, reduction: Reduction) -> Self {
        let radii = Radii::PerClass(vec![0.0; batch.n_classes()]);
        Self::new(batch, LossSpec::Center(metric, penalty, radii), reduction)
    }

    /// Makes a case without weights.
    pub(crate) fn new(batch: Batch, spec: LossSpec, reduction: Reduction) -> Self {
        Self { batch: Batch { sample_weight: vec![], ..batch }, spec, reduction, class_weight: vec![], fixed: false }
    }

    /// Center loss of pytorch-ood with every reduction, without a radius and with one that some rows are within.
    pub(crate) fn every_floored(batch: &Batch) -> Vec<Self> {
        let plain = Self::floored(batch.clone(), 0.0, Reduction::Sum);
        [0.0, reference::radius_between(&reference::own_distances(&plain).concat())]
            .into_iter()
            .flat_map(|radius| REDUCTIONS.map(|reduction| Self::floored(batch.clone(), radius, reduction)))
            .collect()
    }

    /// Every metric with every penalty and, by turns, every reduction: plain, and with weights and radii that some rows
    /// are within.
    pub(crate) fn every_center(batch: &Batch) -> Vec<Self> {
        let mut cases: Vec<Self> = Vec::new();
        for (metric, penalty) in METRICS.into_iter().flat_map(|metric| PENALTIES.map(|penalty| (metric, penalty))) {
            let plain = Self::center(batch.clone(), metric, penalty, REDUCTIONS[cases.len() / 2 % 4]);
            let weighted = Self { reduction: REDUCTIONS[(cases.len() / 2 + 1) % 4], ..plain.clone() }.weighted(batch);
            let radii = reference::own_distances(&weighted);
            let radii = radii.iter().map(|distances| reference::radius_between(distances) as f32).collect();
            cases.push(Self { spec: LossSpec::Center(metric, penalty, Radii::PerClass(radii)), ..weighted });
            cases.push(plain);
        }
        cases
    }

    /// Every loss against proxies with every reduction, by turns with and without weights.
    pub(crate) fn every_proxy(batch: &Batch) -> Vec<Self> {
        let specs = reference::PROXY_LOSSES.map(|(kind, parameter)| LossSpec::Proxy(kind, parameter));
        let mut cases = Vec::new();
        for (spec, reduction) in specs.into_iter().flat_map(|spec| REDUCTIONS.map(|of| (spec.clone(), of))) {
            let case = Self::new(batch.clone(), spec, reduction);
            if case.is_cac() {
                let fixed = Self { fixed: true, ..case.clone() }.weighted(batch);
                cases.extend((case.n_classes() <= case.batch.n_dim).then(|| fixed.clone().with_anchors(4.0)));
                cases.push(fixed);
            }
            cases.push(case.clone().weighted(batch));
            cases.push(case);
        }
        cases
    }

    /// Softmax cross-entropy and Deep SVDD, with and without weights.
    pub(crate) fn every_other(batch: &Batch) -> Vec<Self> {
        let (x, centers) = (reference::matrix(&batch.x, batch.n_dim), reference::matrix(&batch.centers, batch.n_dim));
        let distances: Vec<f64> = x.iter().map(|x| reference::distance(Metric::SqEuclidean, x, &centers[0])).collect();
        let radius = reference::radius_between(&distances).sqrt();
        let specs = [LossSpec::CrossEntropy(0.0), LossSpec::CrossEntropy(0.1), LossSpec::CrossEntropy(1.0)];
        let balls = [0.05, 0.5, 1.0].map(|nu| LossSpec::DeepSvdd { radius, nu });
        let cases = specs.into_iter().chain(balls).map(|spec| Self::new(batch.clone(), spec, Reduction::Sum));
        cases.flat_map(|case| [case.clone().weighted(batch), case]).collect()
    }

    pub(crate) fn every(batch: &Batch) -> Vec<Self> {
        [Self::every_floored(batch), Self::every_center(batch), Self::every_proxy(batch), Self::every_other(batch)]
            .concat()
    }

    /// Adds weights of classes and of rows, those of `batch` if it has some. Some weights are 0, but not
    /// those of the first row and the first class.
    pub(crate) fn weighted(mut self, batch: &Batch) -> Self {
        self.class_weight = (0..self.n_classes()).map(|j| [1.5, 0.5, 2.5, 0.0][j % 4]).collect();
        self.batch.sample_weight.clone_from(&batch.sample_weight);
        if batch.sample_weight.is_empty() {
            self.batch.sample_weight = (0..batch.rows()).map(|i| [2.25, 0.0, 0.75, 3.0, 1.5][i % 5]).collect();
        }
        self
    }

    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self { batch: self.batch.select(rows), ..self.clone() }
    }

    pub(crate) fn n_classes(&self) -> usize {
        match self.spec {
            LossSpec::CrossEntropy(_) => self.batch.n_dim,
            _ => self.batch.n_classes(),
        }
    }

    pub(crate) fn is_center_loss(&self) -> bool {
        matches!(self.spec, LossSpec::Center(..))
    }

    /// Makes the centers anchors on axes, about as far from the origin as `magnitude`. Rows are about as far from the
    /// anchor of class i mod C as they were from its center.
    pub(crate) fn with_anchors(mut self, magnitude: f32) -> Self {
        for class in 0..self.n_classes() {
            let mut anchor = vec![0.0; self.batch.n_dim];
            anchor[class] = magnitude * (1.0 + (class % 3) as f32);
            let center = self.batch.center(class).to_vec();
            for row in (class..self.batch.rows()).step_by(self.n_classes()) {
                let values = self.batch.row_mut(row).iter_mut();
                values.zip(center.iter().zip(&anchor)).for_each(|(x, (c, a))| *x = *x - c + a);
            }
            self.batch.center_mut(class).copy_from_slice(&anchor);
        }
        self
    }

    pub(crate) fn is_cac(&self) -> bool {
        use ProxyLossKind::{Cac, DistanceCrossEntropy, SquaredDistanceCrossEntropy};
        matches!(self.spec, LossSpec::Proxy(Cac | DistanceCrossEntropy | SquaredDistanceCrossEntropy, _))
    }

    pub(crate) fn has_weights(&self) -> bool {
        !self.class_weight.is_empty() || !self.batch.sample_weight.is_empty()
    }

    /// True for the loss with the floors and ceilings of pytorch-ood.
    pub(crate) fn is_floored(&self) -> bool {
        matches!(self.spec, LossSpec::Center(Metric::SqEuclidean, Penalty::Hinge, Radii::One(_))) && !self.has_weights()
    }

    pub(crate) fn name(&self) -> String {
        let weighted = if self.has_weights() { ", weighted" } else { "" };
        let fixed = if self.fixed { ", fixed" } else { "" };
        format!("{}, {:?}, {:?}{weighted}{fixed}", self.batch.shape(), self.spec, self.reduction)
    }

    fn weights(&self) -> Weights<'_> {
        Weights { class: &self.class_weight, sample: &self.batch.sample_weight }
    }

    pub(crate) fn evaluate(&self) -> f64 {
        self.run(&mut [], &mut [])
    }

    /// The loss and ∂loss/∂x.
    pub(crate) fn gradient_x(&self) -> (f64, Vec<f32>) {
        let mut grad_x = vec![f32::NAN; self.batch.x.len()];
        (self.run(&mut grad_x, &mut []), grad_x)
    }

    pub(crate) fn gradients(&self) -> Gradients {
        if self.is_center_loss() {
            return self.center_gradients(Form::Dense);
        }
        let params = match self.spec {
            _ if self.fixed => 0,
            LossSpec::CrossEntropy(_) => 0,
            LossSpec::DeepSvdd { .. } => 1,
            _ => self.batch.centers.len(),
        };
        let (mut x, mut centers) = (vec![f32::NAN; self.batch.x.len()], vec![f32::NAN; params]);
        let loss = self.run(&mut x, &mut centers);
        Gradients { loss, x, centers, classes: vec![], counts: vec![] }
    }

    /// Computes the loss, and writes ∂loss/∂x and ∂loss/∂centers unless they are empty.
    fn run(&self, grad_x: &mut [f32], grad_centers: &mut [f32]) -> f64 {
        let Batch { labels, centers, n_dim, .. } = &self.batch;
        let x = self.batch.views().0;
        match &self.spec {
            LossSpec::Center(..) => self.center_pass(&self.known_labels(), CenterOutput::None(centers), grad_x),
            LossSpec::CrossEntropy(smoothing) => {
                let mut grad = vec![f32::NAN; self.batch.x.len()];
                let loss = cross_entropy::<Lanes>(x, labels, self.weights(), *smoothing, &mut grad, &mut []);
                grad_x.copy_from_slice(&grad[..grad_x.len()]);
                loss
            }
            LossSpec::DeepSvdd { radius, nu } => {
                let members = Members { x, labels, sample_weight: &self.batch.sample_weight };
                let mut grad_radius = [f32::NAN];
                let loss = members.soft_boundary::<Lanes>(&centers[..*n_dim], *radius, *nu, grad_x, &mut grad_radius);
                grad_centers.copy_from_slice(&grad_radius[..grad_centers.len()]);
                loss
            }
            LossSpec::Proxy(kind, parameter) => self.proxy_pass(*kind, *parameter, grad_x, grad_centers, &mut []),
        }
    }

    fn proxy_pass(
        &self,
        kind: ProxyLossKind,
        parameter: f64,
        grad_x: &mut [f32],
        grad_centers: &mut [f32],
        losses: &mut [f32],
    ) -> f64 {
        let (x, centers) = self.batch.views();
        let sizes = ScratchSizes::new(self.batch.rows(), self.batch.n_classes(), self.batch.n_dim);
        let mut scratch = Scratch {
            distances: &mut vec![f32::NAN; sizes.distances],
            row_accumulator: &mut vec![f64::NAN; sizes.row_accumulator],
            center_accumulator: &mut vec![f64::NAN; sizes.center_accumulator],
            center_sum: &mut vec![[f64::NAN; LANES]; sizes.center_sum],
            links: &mut vec![7; sizes.links],
            nearest: &mut vec![7; self.batch.rows()],
            losses,
        };
        let fixed = self.fixed;
        let (labels, weights, reduction) = (&self.batch.labels[..], self.weights(), self.reduction);
        let batch = proxy::Batch { x, labels, centers, fixed, weights, reduction };
        kind.pass::<Lanes>(parameter, &batch, grad_x, grad_centers, &mut scratch)
    }

    /// The labels as a center loss gets them: a row without weight is unknown.
    fn known_labels(&self) -> Vec<i32> {
        let mut labels = self.batch.labels.clone();
        if !self.batch.sample_weight.is_empty() {
            mask_weightless_labels(&self.batch.labels, &self.batch.sample_weight, &mut labels);
        }
        labels
    }

    /// w_i·ℓ_i of each row.
    pub(crate) fn row_losses(&self) -> Vec<f32> {
        let Batch { labels, centers, n_dim, .. } = &self.batch;
        let (x, mut losses) = (self.batch.views().0, vec![f32::NAN; self.batch.rows()]);
        match &self.spec {
            LossSpec::Center(..) => {
                self.center_loss().row_losses::<Lanes>(x, &self.known_labels(), centers, &mut losses);
            }
            LossSpec::DeepSvdd { radius, nu } => {
                let members = Members { x, labels, sample_weight: &self.batch.sample_weight };
                members.row_losses::<Lanes>(&centers[..*n_dim], *radius, *nu, &mut losses);
            }
            LossSpec::Proxy(kind, parameter) => {
                self.proxy_pass(*kind, *parameter, &mut [], &mut [], &mut losses);
            }
            LossSpec::CrossEntropy(smoothing) => {
                let mut grad = vec![f32::NAN; self.batch.x.len()];
                cross_entropy::<Lanes>(x, labels, self.weights(), *smoothing, &mut grad, &mut losses);
            }
        }
        losses
    }

    fn center_loss(&self) -> CenterLoss<'_> {
        let LossSpec::Center(metric, penalty, radii) = &self.spec else { panic!("not a center loss") };
        let radii = match radii {
            Radii::One(radius) => KernelRadii::One(*radius),
            Radii::PerClass(radii) => KernelRadii::PerClass(radii),
        };
        let (metric, penalty, reduction, weights) = (*metric, *penalty, self.reduction, self.weights());
        CenterLoss { metric, penalty, reduction, radii, weights }
    }

    fn center_pass(&self, labels: &[i32], output: CenterOutput, grad_x: &mut [f32]) -> f64 {
        let labels = Labels::new(labels, self.batch.n_classes());
        self.center_loss().pass::<Lanes>(self.batch.views().0, &labels, output, grad_x)
    }

    pub(crate) fn center_gradients(&self, form: Form) -> Gradients {
        let rows = form.rows(self.batch.rows(), self.batch.n_classes());
        let (mut centers, mut touched) = (vec![f32::NAN; rows * self.batch.n_dim], vec![u32::MAX; rows + 1]);
        let gradients = self.center_gradients_into(form, &mut centers, &mut touched);
        let len = if form == Form::Dense { centers.len() } else { gradients.classes.len() * self.batch.n_dim };
        Gradients { centers: centers[..len].to_vec(), ..gradients }
    }

    /// [`Case::center_gradients`] in buffers that may hold the gradient of another batch.
    pub(crate) fn center_gradients_into(&self, form: Form, centers: &mut [f32], touched: &mut [u32]) -> Gradients {
        let mut x = vec![f32::NAN; self.batch.x.len()];
        let (loss, counts) = self.with_classes(|labels, classes, _| {
            let gradient = CenterGradient::new(form, centers, touched, self.batch.n_dim, &classes.batch_classes);
            let output = CenterOutput::Gradient { centers: &self.batch.centers, classes, gradient };
            self.center_pass(labels, output, &mut x)
        });
        let classes = touched[1..][..touched[0] as usize].to_vec();
        Gradients { loss, x, centers: vec![], classes, counts }
    }

    /// The loss, ∂loss/∂x and the moved centers.
    pub(crate) fn step(&self, rule: Rule) -> Gradients {
        let (mut x, mut centers) = (vec![f32::NAN; self.batch.x.len()], self.batch.centers.clone());
        let (loss, counts) = self.with_classes(|labels, classes, sum| {
            self.center_pass(labels, CenterOutput::Update { centers: &mut centers, classes, rule, sum }, &mut x)
        });
        Gradients { loss, x, centers, classes: vec![], counts }
    }

    /// Calls `pass` with labels, accumulators and a row of scratch memory whose old contents must not matter. Returns
    /// its result and the rows it counted for each class. Checks that the class table is as it was: an entry that one
    /// batch leaves there would become a class of the next.
    fn with_classes(&self, pass: impl FnOnce(&[i32], ClassAccumulators, &mut [f32]) -> f64) -> (f64, Vec<u32>) {
        const COUNTED_BEFORE: u32 = 7;
        let (rows, n_classes, n_dim) = (self.batch.rows(), self.batch.n_classes(), self.batch.n_dim);
        let (mut slots, labels) = (vec![NO_SLOT; n_classes], self.known_labels());
        let mut found = vec![BatchClass::default(); BatchClasses::capacity(rows, n_classes)];
        let mut partials = vec![f32::NAN; RowSums::partial_rows(rows, n_classes) * n_dim];
        let mut accumulators = vec![f64::NAN; RowSums::accumulator_rows(rows, n_classes) * n_dim];
        let mut counts = vec![COUNTED_BEFORE; n_classes];
        let classes = ClassAccumulators {
            batch_classes: BatchClasses::new(&labels, &mut slots, &mut found),
            sums: RowSums::new(&mut partials, &mut accumulators, n_dim),
            counts: Some(&mut counts),
        };
        let loss = pass(&labels, classes, &mut vec![f32::NAN; n_dim]);
        assert!(slots.iter().all(|&slot| slot == NO_SLOT), "the class table is not as it was");
        (loss, counts.iter().map(|count| count - COUNTED_BEFORE).collect())
    }
}

impl Case {
    /// [`Case::gradients`], after a check that every way to compute them gives the same bits.
    pub(crate) fn checked_gradients(&self) -> Gradients {
        let (what, dense) = (self.name(), self.gradients());
        let (loss, x) = self.gradient_x();
        assert_same_f64(self.evaluate(), dense.loss, format_args!("evaluate, {what}"));
        assert_same_f64(loss, dense.loss, format_args!("loss without ∂/∂centers, {what}"));
        assert_same_bits(&x, &dense.x, format_args!("∂/∂x without ∂/∂centers, {what}"));
        if self.is_center_loss() {
            let sparse = self.center_gradients(Form::Sparse);
            assert_same_f64(sparse.loss, dense.loss, format_args!("sparse loss, {what}"));
            assert_same_bits(&sparse.x, &dense.x, format_args!("sparse ∂/∂x, {what}"));
            assert_eq!((&sparse.classes, &sparse.counts), (&dense.classes, &dense.counts), "{what}");
            let mut spread = vec![0.0; self.batch.centers.len()];
            for (row, &class) in sparse.centers.chunks(self.batch.n_dim).zip(&sparse.classes) {
                spread[class as usize * self.batch.n_dim..][..self.batch.n_dim].copy_from_slice(row);
            }
            assert_same_bits(&spread, &dense.centers, format_args!("sparse ∂/∂centers, {what}"));
        }
        dense
    }
}
