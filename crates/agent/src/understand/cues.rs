//! The ordinary words that questions are made of, and what they hint at. English first; a few
//! words of the languages that people fall back into.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What a word hints at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    /// How something is.
    Status,
    /// The same in words that stand in much else too.
    WeakStatus,
    /// That something went wrong.
    Fail,
    /// Asks for a reason.
    Why,
    /// Tasks inside a run.
    Task,
    /// Runs.
    Run,
    /// A time to come.
    Eta,
    /// How long things take.
    History,
    /// Two things side by side.
    Compare,
    /// Who waits for whom.
    Depend,
    /// The most or least of something.
    Superlative,
    /// Counts over many things.
    Count,
    /// Slices.
    Slice,
    /// A verb that changes something.
    Write,
    /// Commands of a database.
    Sql,
    /// What is kept secret.
    Secret,
    /// Business, people, and the world outside.
    Outside,
    /// Greetings and thanks.
    Greeting,
    /// Every essential.
    All,
    /// The first pass.
    Prelim,
    /// The second pass.
    Final,
    /// Repairs by hand.
    Manual,
    /// Both passes.
    Both,
    /// Things in general: batches, datasets, steps.
    Thing,
    /// A word that carries the thread on.
    Follow,
    /// Shows, lists, gives.
    Show,
    /// Nothing.
    Filler,
}

const TABLE: &[(Cue, &str)] = &[
    (
        Cue::Status,
        "status state doing done complete completed completes finished finish finishes progress update \
         green ready running started starting pending overview summary health healthy kicked rundown estado \
         statut fertig idle begun lands wrapped stand sitrep situation condition lowdown recap roundup \
         snapshot digest headline headlines briefing standing stands processed loaded produced delivered \
         generated published sent submitted reached arrived underway active outstanding alive clean closed \
         cleared latest quiet calm nominal",
    ),
    (
        Cue::WeakStatus,
        "ok okay going good far check yet still va world ist through up made fine left news word play \
         cooking story picture get got moving",
    ),
    (
        Cue::Fail,
        "fail fails failed failing failure failures broke broken breaking break error errors errored crash \
         crashed crashing crashes died dead issue issues problem problems incident incidents wrong red blew \
         aborted stuck attention down tripped busted fire postmortem killed fell bombed choked tanked hung \
         hosed borked toast trouble troubles exception exceptions fault faults faulty stalled halted \
         unsuccessful blown collapsed unhealthy sick fehlgeschlagen fehler fallo fallado echoue echec rot \
         kaputt rca blocked blocking outage bad die dies dying bang bust pop popped conked barfed bailed \
         glitch glitches hiccup bug bugs defect disaster mess screwed messed wonky dodgy odd unusual worry \
         worried concern concerns alarm alarms alerts critical casualty casualties damage fallout culprit \
         culprits offender offenders unhappy burning abend abended timeout timeouts oom crapped tripping \
         collapse breach malfunction malfunctioning smoking blow blows blowing stopped",
    ),
    (Cue::Why, "why reason cause explain warum pourquoi kyun rca diagnose diagnosis culprit"),
    (
        Cue::Task,
        "task tasks airflow operator pod worker host hostname logs log traceback stacktrace container",
    ),
    (Cue::Run, "run runs ids id"),
    (
        Cue::Eta,
        "eta etas predict prediction predicted forecast expected expect estimate estimated remaining late \
         termina deadline deadlines cutoff overdue delayed delay delays gonna landing arrive arrives \
         expecting projected projection",
    ),
    (
        Cue::History,
        "history historical took take takes taking duration durations runtime runtimes average avg mean \
         typical typically usually usual normally normal median trend trends minutes percentile p50 p90 p95 \
         often before fortnight fortnights",
    ),
    (
        Cue::Compare,
        "compare compared comparison compares vs versus difference slower faster changed differ v differs \
         quicker delta diff gap different",
    ),
    (
        Cue::Depend,
        "depend depends depending dependent dependencies dependency upstream downstream waiting wait waits \
         needs need affected impact impacts impacted holding blocks chain suffer suffers suffering hurt \
         relies rely prerequisite prerequisites feeds radius ripple consumer consumers parent parents child \
         children predecessor predecessors successor successors unlock unlocks gated linked knock must \
         follows block",
    ),
    (
        Cue::Superlative,
        "most least slowest longest fastest shortest highest lowest top worst best biggest rank ranking \
         busiest quietest leaderboard ranked commonest common frequent frequently maximum max minimum \
         heaviest lightest distribution histogram oldest",
    ),
    (
        Cue::Count,
        "count number percentage percent rate total per each every many sum altogether share fraction \
         proportion portion",
    ),
    (Cue::Slice, "slice slices sliced"),
    (
        Cue::Write,
        "restart rerun kill cancel clear mark trigger delete skip force retry stop pause resume fix start \
         launch set update email mail assign notify page redeploy deploy change create acknowledge escalate \
         redemarre reinicia drop insert alter truncate grant unblock abort resubmit bounce push redo \
         requeue reboot rollback unstick release suspend terminate reset override bypass kick retrigger \
         relaunch reprocess restage replay refire bump raise extend increase lower disable enable ack \
         silence snooze mute unpause reassign backfill inform ping contact wake remind schedule book post \
         forward subscribe file promote approve upgrade downgrade install reject submit merge",
    ),
    (Cue::Sql, "table select union from where"),
    (
        Cue::Secret,
        "password passwords credential credentials secret secrets prompt instructions api key token \
         verbatim reveal pretend env dump",
    ),
    (
        Cue::Outside,
        "weather joke poem business pnl profit loss money lose lost sell buy trader traders trade regulator \
         president capital translate python script kubernetes cpu metrics aws team bob recipe movie song \
         code oncall client clients revenue market stock owner manager boss bank banks liquidity hqla lcr \
         nsfr exposure exposures regulators won wins game football cricket lunch dinner coffee restaurant \
         holiday ceo cto css html javascript java excel spreadsheet salary holidays vacation marathon \
         politics election euro euros dollar currency exchange",
    ),
    (
        Cue::Greeting,
        "hi hello hey thanks thank cheers hola bonjour hallo help great welcome ty thx thnx tnx tyvm \
         gracias merci danke bye goodbye ciao",
    ),
    (Cue::All, "everything overall"),
    (Cue::Prelim, "prelim preliminary prelims processtrigger"),
    (Cue::Final, "final finals rerun reruns reran reruntrigger"),
    (Cue::Manual, "manual manually manuals manualtrigger"),
    (Cue::Both, "both"),
    (
        Cue::Thing,
        "batch batches essential essentials dataset datasets step steps sequence seq stage job jobs phase \
         phases group asset class process pipeline workflow workflows dag dags pass table calc",
    ),
    (
        Cue::Follow,
        "and also same too about that those there them it its one ones only now again instead just more \
         details",
    ),
    (
        Cue::Show,
        "show list give view display see tell find get gimme share detail details which what who summarise \
         summarize describe confirm explain walk present report brief print drill dig inspect",
    ),
    (
        Cue::Filler,
        "a an the is are was were be been being am do does did has have had having can could would should \
         shall will may might must of in on at to for with from by as or but not no if so than then how \
         when where why what which who whom whose i me my we us our you your he she they their this these \
         any some all other another into over under out off up way time times today tomorrow yesterday day \
         days week weeks month months year years hour hours date dates right lot please pls plz kindly sir \
         madam hows whats wheres whos whens isnt arent wasnt hasnt havent didnt doesnt dont cant wont im \
         ive lets let ok between since until til till ago last past previous prior next first second third \
         once twice during through via look looking want wants like know quick really actually exactly \
         currently already soon later early overnight night nights tonight cob close end ends beginning \
         half anything something nothing everyone anyone somebody people thing things stuff kind sort type \
         types new old big small long longer short much few little happen happened happens happening \
         completely finished own its itself go goes come comes came make makes made put keep keeps kept \
         work works worked working use used using ask asked question questions answer say says said help \
         data result results report reports file files details source reference map positions extended slow \
         fast quickly sorry hmm well oh yes yeah yep nope needful wat wen wht y u r n ur der die das wie \
         warum wann mit von auf und gestern heute bitte que qui quoi est ce cette dans ou en el la los las \
         de del cual como cuando esta estan ayer hoy por favor o hier kya hua ko hai aub quest un une le \
         les et si sur against usual across more less also either neither both each pulled pull bring gives \
         given hand take regarding concerning around near mins min hrs hr pm utc gmt january february march \
         april june july august september october november december jan feb mar apr jun jul aug sep sept \
         oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur \
         thurs fri sat sun weekend one two three four five six seven eight nine ten zero dozen prod \
         production environment env page dashboard board panel sentry ai bot assistant yesterdays todays \
         fridays mondays tuesdays wednesdays thursdays started kick ran succeed succeeded success \
         successful successfully passed recover recovered fixed cancelled canceled queued restarted retried \
         global local region regions regional order count counts share numbers missing ready moment system \
         systems state here hey behind ahead schedule sla business person yours mine good bad worse better \
         full brief everybody team nobody none ignore print rules rule able possible maybe perhaps think \
         thought sure certain guess fine kinda sorta whole entire complete main side per vs plus minus al \
         etc folks guys mate bro buddy morning evening track looks seems seem feel making supposed due \
         allowed became become turn turned left usd eur dollars percent average ratio hold mind restarting \
         rerunning triggering killing cancelling clearing retrying skipping stopping starting fixing \
         machine node box server land lands landed wrap wrapped finishing afternoon someone hanging sitting \
         standing idle rundown talk walk caused needed begun began timing timings 3pm 6am worst eyes \
         anybody root parse write stack stacks measure latest newest recent others tries attempts attempt \
         try capable capabilities commands examples menu desk badge dot icon noon midday midnight lunch eod \
         target tell alert very quite rather such nor while above below after further themselves ourselves \
         himself herself whether though although because unless upon within without toward towards among \
         along beside besides beyond except always never sometimes rarely seldom ever almost nearly roughly \
         approximately barely hardly simply anyway anyhow anywhere everywhere nowhere somewhere else \
         otherwise therefore however meanwhile allow allows apply appear appears becomes begin begins \
         believe believed bit call called calls care checked checking choose clearly consider contain \
         contains correct decide describe different difficult doubt easy effect enough especially \
         eventually everyday exact fairly fall felt finds follow following found free gave generally gets \
         getting giving glad gone gotten hard hear heard heavy held hence her hers high hope hoping idea \
         important include includes including indeed inside instance interested involved join keen knew \
         known large largely lately latter lead leave leaves leaving led level light likely listen live \
         lives located love low mainly manage matter matters means meant mentioned minor miss missed mostly \
         move moved moves name named names namely necessary nice note noted notice obvious obviously occur \
         occurred occurs office onto open opened opposite original ought outside part particular \
         particularly parts pay perform pick piece place plan planned plans point points poor possibly \
         pretty previously probably properly proper provide provides purpose quiet raised range reach read \
         reading reads real realise reasonable receive recently regard related relevant remain remains \
         remember reply require required requires respond respectively response rest room round rough saw \
         saying seeing seemed seen sees self send sense serious several shift showed shown shows similar \
         simple sit sits size sound sounds space speak specific specifically spend spent spot stay stays \
         straight strange strong suggest suggested surely surprise talking tells tend tends terms test \
         theirs thinking thinks thorough thus together told tool touch tried truly trying turns understand \
         understood unfortunately unlikely various visible waited walked wanted watch watched watching ways \
         went whatever whenever wherever wide wish wished wonder wondering wondered words worth wrote young \
         yourself confirmed confirming apparently assume assuming heads minute seconds appreciate \
         appreciated awake awesome background basically basis brilliant colleague colleagues coming \
         customer dear definitely description entirely example explained explanation fact field focus \
         frankly friend gather general hopefully hang hint honest honestly imagine immediately information \
         input interest keeping language learn letting line lines link meeting memory mention middle \
         monitor monitoring nicely noticed ongoing operations output paged party patience pager picking \
         precise precisely prefer proceeding processing random rapidly relay screen section seriously serve \
         shifts showing sign signal slightly somehow sooner standby stated stating steady stretch subject \
         suppose switch tab taken term text thats theres throughout tight tired totally trace ultimately \
         unclear urgent urgently weird whoever wouldnt couldnt shouldnt werent hadnt mustnt aint hes shes \
         theyre theyve weve youre youve youll ill itll thatll whatll whod hereby oclock alongside act job \
         ticket tickets jira blast catch developer fill flight him hit hits kinds meet meets message mode \
         proceed quand relative scheduled speed query sql meaning definition estate online",
    ),
];

/// Every ordinary word with what it hints at.
pub(crate) fn known_words() -> &'static BTreeMap<&'static str, Vec<Cue>> {
    static WORDS: OnceLock<BTreeMap<&'static str, Vec<Cue>>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut words: BTreeMap<&'static str, Vec<Cue>> = BTreeMap::new();
        for (cue, list) in TABLE {
            for word in list.split_whitespace() {
                let cues = words.entry(word).or_default();
                if !cues.contains(cue) {
                    cues.push(*cue);
                }
            }
        }
        words
    })
}

/// What `word` hints at.
pub(crate) fn cues_of(word: &str) -> Vec<Cue> {
    known_words().get(word).cloned().unwrap_or_default()
}
