//! The words that, beside a name, say whether it is a place.

use crate::lexicon::{Lexicon, WordClass};

/// "in Phoenix": little else than a place follows.
pub(crate) const INSIDE: WordClass = WordClass(1);
/// "from Phoenix", "to Jackson": a place, or a person.
pub(crate) const TOWARDS: WordClass = WordClass(1 << 1);
/// "North Georgia", "downtown Dallas".
pub(crate) const PART_OF: WordClass = WordClass(1 << 2);
/// "Judge Jackson".
pub(crate) const TITLE: WordClass = WordClass(1 << 3);
pub(crate) const FIRST_NAME: WordClass = WordClass(1 << 4);
/// Capital only because it opens a sentence: says nothing about the next word.
pub(crate) const OPENER: WordClass = WordClass(1 << 5);
/// "Alexandria police", "Phoenix clinics".
pub(crate) const CIVIC: WordClass = WordClass(1 << 6);
/// "Memphis Street", "Madison High School", "Houston Chronicle", "Catawba River": something named after a place.
pub(crate) const NAMED_AFTER: WordClass = WordClass(1 << 7);
/// "Jackson said".
pub(crate) const SPEAKS: WordClass = WordClass(1 << 8);
/// "Lake Jackson", "University of Phoenix": the name is part of another.
pub(crate) const HEAD: WordClass = WordClass(1 << 9);
/// Days and months, capital everywhere.
pub(crate) const DATE: WordClass = WordClass(1 << 10);
/// "Thanks Austin": speaks to a person, or to the people of a place.
pub(crate) const GREETING: WordClass = WordClass(1 << 11);

const WORDS: [(WordClass, &str); 11] = [
    (INSIDE, "in near throughout outside around across inside within downtown"),
    (TOWARDS, "from to at of toward towards into via between through leaving beyond serving visit visiting"),
    (
        PART_OF,
        "north south east west northern southern eastern western northeast northwest southeast southwest downtown uptown \
         metro metropolitan greater suburban central upstate rural midtown mid nearby inner",
    ),
    (
        TITLE,
        "mr mrs ms miss dr judge justice officer sgt sergeant lt lieutenant capt captain chief detective deputy sheriff \
         sen senator rep representative gov governor president coach rev reverend pastor prof professor attorney \
         principal director superintendent commissioner councilman councilwoman trooper col gen sir lady lord king queen \
         saint st chairman chairwoman secretary ambassador minister dean sister brother father bishop patrolman cpl pfc \
         agent investigator supervisor spokesman spokeswoman author actor singer senior freshman sophomore junior",
    ),
    (
        OPENER,
        "the a an and or but if when while as after before since because so then now this that these those it he she we \
         they you i my our your his her their its is are was were do does did has have had will would can could should \
         not no yes for by with without on over under about against during until also only even just some any all both \
         each every most many more than like unlike despite although though where what who how why here there meanwhile \
         however once another other see get love hate best top new hi hello hey any anyone looking moving moved move \
         leave join visit great good big based live living lives still back why which per plus via re",
    ),
    (
        CIVIC,
        "police mayor city council fire department firefighters resident residents man woman men women couple teen boy \
         girl native town village area suburb neighborhood metro region officials official officers public \
         municipal chamber clinic clinics pt pts physical therapist therapists therapy practice practices owners owner \
         market based people students family families parents mother father business businesses schools district \
         legislature lawmakers governor attorney supreme department state statewide border line hospital hospitals \
         housing planning zoning voters taxpayers detectives patrol suburbs skyline weather",
    ),
    (
        NAMED_AFTER,
        "township twp street st avenue ave road rd drive dr lane ln boulevard blvd highway hwy way court ct place pl circle parkway \
         pkwy plaza square building tower towers bridge center centre mall theater theatre stadium arena club hotel inn \
         casino restaurant cafe grill bar house hall museum library institute foundation association society company co \
         corp corporation inc llc ltd industries group partners enterprises systems bank times post herald tribune news \
         journal gazette chronicle star daily press observer dispatch register globe sentinel examiner inquirer record \
         courier review magazine university college high middle elementary academy prep school church cathedral chapel \
         temple synagogue ministries cemetery lake river creek bay beach mountain mountains mount peak canyon valley \
         island islands forest park trail falls springs pond dam reservoir canal airport field avenue station speedway \
         raceway rockets suns cowboys mavericks spurs astros rangers texans lakers dodgers clippers rams chargers padres \
         giants jets mets yankees knicks nets bills sabres islanders eagles phillies sixers flyers steelers pirates \
         penguins browns cavaliers guardians bengals reds bulls bears cubs sox blackhawks lions tigers pistons wings \
         packers bucks brewers vikings twins timberwolves wild chiefs royals cardinals blues saints pelicans titans \
         predators grizzlies colts pacers falcons braves hawks panthers hornets hurricanes dolphins heat marlins \
         buccaneers rays lightning jaguars magic ravens orioles commanders redskins capitals wizards nationals patriots \
         celtics bruins broncos nuggets rockies avalanche jazz diamondbacks coyotes seahawks mariners kraken blazers \
         raiders 49ers warriors sharks athletics thunder wildcats bulldogs longhorns aggies buckeyes wolverines spartans \
         badgers gophers hawkeyes cyclones sooners huskies ducks beavers bobcats chicken sauce style wine bourbon",
    ),
    (
        SPEAKS,
        "said says told added testified explained noted asked recalled replied admitted claimed argued insisted pleaded \
         thinks believes wrote writes agreed joked scored struck walked joined plays played ran hit went came knew felt \
         thought wants wanted suggested stated laughed smiled died served",
    ),
    (
        HEAD,
        "lake mount fort port lakes camp cape point university bank bay isle rio hotel highway interstate route",
    ),
    (GREETING, "hi hello hey thanks thank dear congrats sorry"),
    (
        DATE,
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august \
         september october november december jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs \
         fri sat sun today yesterday tomorrow",
    ),
];

pub(crate) fn load(lexicon: &mut Lexicon, first_names: &str) {
    for name in first_names.lines() {
        lexicon.classify(name, FIRST_NAME);
    }
    for (class, words) in WORDS {
        for word in words.split_whitespace() {
            lexicon.classify(word, class);
        }
    }
}
